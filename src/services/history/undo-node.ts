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
  await keep(parts, { ...image, action: 'setData', data: now.data, acl: now.acl, stat: now.stat, kind: kindOf(now.stat) });
  await endpoint.once('write', (client) => client.setData(path, data, now.stat.version));
  if (sameAcls(now.acl, acl)) return done('change');
  await keep(parts, { ...image, action: 'setAcl', data: now.data, acl: now.acl, stat: now.stat, kind: kindOf(now.stat) });
  await endpoint.once('write', (client) => client.setACL(path, acl, now.stat.aversion));
  return done('change');
}

async function restoreData(parts: UndoParts, image: KeptImage): Promise<Undone> {
  const { endpoint } = parts;
  const { path, data } = image;
  const now = await readNow(endpoint, path);
  if (now === null) return left('vanished');
  if (equalData(now.data, data)) return done('same');
  if (!isOurs(parts, image, now.stat, now.data) && parts.conflicts === 'leave') return left('changed');
  await keep(parts, { ...image, data: now.data, stat: now.stat });
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
  const isOwn = now.stat.czxid === image.stat.czxid && now.stat.aversion === image.stat.aversion + 1;
  if (!isOwn && parts.conflicts === 'leave') return left('changed');
  await keep(parts, { ...image, acl: now.acl, stat: now.stat });
  await endpoint.once('write', (client) => client.setACL(path, acl, now.stat.aversion));
  return done('change');
}

/** Whether what stands there is still what this app wrote: by its version, or by its bytes. */
function isOurs({ tools }: UndoParts, image: KeptImage, stat: Stat, data: Uint8Array | null): boolean {
  if (stat.czxid !== image.stat.czxid) return false;
  if (stat.version === image.stat.version + 1) return true;
  return image.after !== null && image.after === sha256Of(tools, data);
}

/** In hex; of null as of no bytes at all. */
export function sha256Of(tools: TransferTools, data: Uint8Array | null): string {
  const sum = tools.sha256();
  sum.update(data ?? new Uint8Array(0));
  return sum.hex();
}

function keep({ operation }: UndoParts, image: BeforeImage): Promise<void> {
  const { path, action, data, acl, aclMasked, kind, ttlMs, stat } = image;
  return operation.keep([{ path, action, data, acl, aclMasked, kind, ttlMs, stat }]);
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
