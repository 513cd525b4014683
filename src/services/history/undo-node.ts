/**
 * Putting one node back as it was. Must hold: what somebody wrote after this app is not overwritten unless a person
 * chose that, and then with the version that was seen; before-images of what an undo overwrites are kept first.
 */

import type { ZooKeeper } from '../../client/api.ts';
import { KeeperError, UsageError } from '../../model/errors.ts';
import type { Stat } from '../../model/stat.ts';
import type { BeforeImage, ItemAction } from '../transfer/api.ts';
import type { Endpoint } from '../transfer/endpoint.ts';
import type { TransferTools } from '../transfer/ports.ts';
import { aclPrint, dataPrint } from '../transfer/prints.ts';
import { equalData, modeOf, sameAcls } from '../transfer/record.ts';
import type { KeptImage } from './entry.ts';
import type { OpenOperation } from './journal.ts';

export interface UndoParts {
  readonly endpoint: Endpoint;
  readonly tools: TransferTools;
  /** What a person chose for nodes that somebody else has changed since. */
  readonly conflicts: 'leave' | 'overwrite';
  /** The journal of the undo itself. */
  readonly operation: OpenOperation;
}

/** What became of one node. */
export interface Undone {
  readonly action: ItemAction;
  readonly reason: string | null;
  readonly message: string | null;
}

const done = (action: ItemAction): Undone => ({ action, reason: null, message: null });
const left = (reason: string, message: string | null = null): Undone => ({ action: 'leave', reason, message });

/**
 * Puts a node back.
 *
 * @throws ZooError weather, after which it is not known whether it was put back; a refusal of the journal's disk
 */
export async function undoNode(parts: UndoParts, image: KeptImage): Promise<Undone> {
  try {
    if (image.action === 'delete') return await recreate(parts, image);
    if (image.action === 'setData') return await restoreData(parts, image);
    return await restoreAcl(parts, image);
  } catch (error) {
    if (error instanceof KeeperError) return { action: 'fail', reason: error.code, message: error.message };
    if (error instanceof UsageError && error.code === 'RequestTooLarge') return { action: 'fail', reason: 'tooBig', message: error.message };
    throw error;
  }
}

async function recreate(parts: UndoParts, image: KeptImage): Promise<Undone> {
  const { endpoint } = parts;
  const { path, acl, aclMasked, kind, data, ttlMs } = image;
  if (kind === 'ephemeral') return left('ephemeral');
  // A node whose ACL is not known must not come back open to everybody.
  if (acl === null || aclMasked) return left('aclMasked');
  try {
    await endpoint.once('write', (client) => client.create(path, data, { mode: modeOf(kind), acl, ...(ttlMs === null ? {} : { ttlMs }) }));
    return done('create');
  } catch (error) {
    if (!(error instanceof KeeperError) || error.code !== 'NodeExists') throw error;
  }
  const now = await look(endpoint, path);
  if (now === null) return left('vanished');
  if (equalData(now.data, data) && sameAcls(now.acl, acl)) return done('same');
  if (parts.conflicts === 'leave') return left('exists');
  await keep(parts, { ...image, action: 'setData', data: now.data, acl: now.acl, stat: now.stat, kind: kindOf(now.stat) }, dataPrint(parts.tools, data));
  await endpoint.once('write', (client) => client.setData(path, data, now.stat.version));
  if (sameAcls(now.acl, acl)) return done('change');
  await keep(parts, { ...image, action: 'setAcl', data: now.data, acl: now.acl, stat: now.stat, kind: kindOf(now.stat) }, aclPrint(parts.tools, acl));
  await endpoint.once('write', (client) => client.setACL(path, acl, now.stat.aversion));
  return done('change');
}

async function restoreData(parts: UndoParts, image: KeptImage): Promise<Undone> {
  const { endpoint } = parts;
  const { path, data } = image;
  const now = await readNow(endpoint, path);
  if (now === null) return left('vanished');
  if (equalData(now.data, data)) return done('same');
  const ours = isOurs(image, now.stat, dataPrint(parts.tools, now.data), now.stat.version - image.stat.version);
  if (!ours && parts.conflicts === 'leave') return left('changed');
  await keep(parts, { ...image, data: now.data, stat: now.stat }, dataPrint(parts.tools, data));
  await endpoint.once('write', (client) => client.setData(path, data, now.stat.version));
  return done('change');
}

async function restoreAcl(parts: UndoParts, image: KeptImage): Promise<Undone> {
  const { endpoint } = parts;
  const { path, acl } = image;
  if (acl === null || image.aclMasked) return left('aclMasked');
  const now = await endpoint.read('read', (client) => absentAsNull(client.getACL(path)));
  if (now === null) return left('vanished');
  if (sameAcls(now.acl, acl)) return done('same');
  const ours = isOurs(image, now.stat, aclPrint(parts.tools, now.acl), now.stat.aversion - image.stat.aversion);
  if (!ours && parts.conflicts === 'leave') return left('changed');
  await keep(parts, { ...image, acl: now.acl, stat: now.stat }, aclPrint(parts.tools, acl));
  await endpoint.once('write', (client) => client.setACL(path, acl, now.stat.aversion));
  return done('change');
}

/**
 * Whether what stands there is still what this app wrote. One version up is no proof: the app's own write may have been
 * refused because somebody else's came first, or never have been sent.
 *
 * @param steps versions since the image was kept, which decide where it is not known what was written
 */
function isOurs(image: KeptImage, { czxid }: Stat, print: string | null, steps: number): boolean {
  if (czxid !== image.stat.czxid) return false;
  return image.after === null ? steps === 1 : image.after === print;
}

/** @param after the print of what the undo writes in its place */
function keep({ operation }: UndoParts, image: BeforeImage, after: string | null): Promise<void> {
  const { path, action, data, acl, aclMasked, kind, ttlMs, stat } = image;
  return operation.keep([{ path, action, data, acl, aclMasked, kind, ttlMs, stat, after }]);
}

const kindOf = (stat: Stat): 'persistent' | 'ephemeral' => (stat.ephemeralOwner === 0n ? 'persistent' : 'ephemeral');

type Now = { readonly data: Uint8Array | null; readonly stat: Stat };

function readNow(endpoint: Endpoint, path: string): Promise<Now | null> {
  return endpoint.read('read', (client) => absentAsNull(client.getData(path)));
}

function look(endpoint: Endpoint, path: string): Promise<(Now & { readonly acl: Awaited<ReturnType<ZooKeeper['getACL']>>['acl'] }) | null> {
  return endpoint.read('read', async (client) => {
    const [node, rights] = await Promise.all([absentAsNull(client.getData(path)), absentAsNull(client.getACL(path))]);
    return node === null || rights === null ? null : { data: node.data, stat: node.stat, acl: rights.acl };
  });
}

async function absentAsNull<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof KeeperError && error.code === 'NoNode') return null;
    throw error;
  }
}
