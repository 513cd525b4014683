/**
 * One write to one node, from its request to what became of it. Must hold: it is version-checked, and goes to the node
 * that was seen; when its reply is lost the node is looked at again before anything else is sent for it.
 */

import { ErrorCode } from '../../../model/error-code.ts';
import { CancelledError, ConnectionLostError, KeeperError, ZooError } from '../../../model/errors.ts';
import type { Acl } from '../../../model/acl.ts';
import { isPassing, isWeather, type Endpoint } from '../endpoint.ts';
import type { ItemAction, ItemReason } from '../api.ts';
import { modeOf, type NodeRecord } from '../record.ts';

/** What is sent. */
export type Act =
  | { readonly kind: 'create'; readonly want: NodeRecord; readonly acl: readonly Acl[] }
  | {
      readonly kind: 'change';
      readonly data: { readonly value: Uint8Array | null; readonly version: number } | null;
      readonly acl: { readonly value: readonly Acl[]; readonly aversion: number } | null;
    }
  | { readonly kind: 'remove'; readonly version: number };

/** What became of it. `again`: not known, or overtaken; `ends`: the job cannot go on. */
export type Outcome =
  | { readonly kind: 'done'; readonly reason: ItemReason | null; readonly message: string | null }
  | { readonly kind: 'refused'; readonly action: ItemAction; readonly reason: ItemReason; readonly message: string | null; readonly blocks: boolean }
  | { readonly kind: 'again'; readonly error: ZooError }
  | { readonly kind: 'ends'; readonly error: unknown };

export const DONE: Outcome = { kind: 'done', reason: null, message: null };

/**
 * Sends a write at once, or not at all. Never rejects. A version tells one state of a node from another, but not one
 * node from another that has its name since: both begin at 0, and nothing else can be checked by the server
 * (PrepRequestProcessor.checkAndIncVersion). Between a look and a write whole minutes can lie, for a parent that waits
 * for its children, and in a job that pauses. So the node is looked at once more, right before: what is left is the
 * time between two requests. Looks and writes go in the order of the calls.
 *
 * @param czxid of the node that is meant; null: it is the job's own
 */
export function perform(endpoint: Endpoint, path: string, act: Act, czxid: bigint | null): Promise<Outcome> {
  if (act.kind === 'create') return create(endpoint, path, act.want, act.acl);
  if (czxid === null) return act.kind === 'remove' ? remove(endpoint, path, act.version) : change(endpoint, path, act);
  return ifItIs(endpoint, path, act, czxid);
}

async function ifItIs(endpoint: Endpoint, path: string, act: Exclude<Act, { kind: 'create' }>, czxid: bigint): Promise<Outcome> {
  const removes = act.kind === 'remove';
  try {
    const { stat } = await endpoint.now('read', (client) => client.exists(path));
    if (stat === null) return removes ? DONE : { kind: 'again', error: new KeeperError(ErrorCode.NoNode, path) };
    if (stat.czxid !== czxid) {
      return removes ? left('changed', 'it was deleted and made anew meanwhile') : { kind: 'again', error: new KeeperError(ErrorCode.BadVersion, path) };
    }
  } catch (error) {
    const outcome = outcomeOf(error);
    // The write was not sent.
    return outcome.kind === 'again' && isWeather(error) ? { kind: 'again', error: new ConnectionLostError(error.message, false) } : outcome;
  }
  return removes ? remove(endpoint, path, act.version) : change(endpoint, path, act);
}

async function create(endpoint: Endpoint, path: string, want: NodeRecord, acl: readonly Acl[]): Promise<Outcome> {
  const options = { mode: modeOf(want.kind), acl, ...(want.ttlMs === null ? {} : { ttlMs: want.ttlMs }) };
  try {
    await endpoint.now('write', (client) => client.create(path, want.data, options));
    return DONE;
  } catch (error) {
    // Somebody else was quicker: what is there now decides.
    if (isAnswer(error, ErrorCode.NodeExists)) return { kind: 'again', error };
    if (isAnswer(error, ErrorCode.NoNode)) return { ...refused('NoNode', 'its parent is not there'), blocks: true };
    const outcome = outcomeOf(error);
    return outcome.kind === 'refused' ? { ...outcome, blocks: true } : outcome;
  }
}

async function remove(endpoint: Endpoint, path: string, version: number): Promise<Outcome> {
  try {
    await endpoint.now('write', (client) => client.delete(path, version));
    return DONE;
  } catch (error) {
    // Gone is what was wanted.
    if (isAnswer(error, ErrorCode.NoNode)) return DONE;
    if (isAnswer(error, ErrorCode.NotEmpty)) return left('hasChildren', 'it has children that were left, or that came meanwhile');
    if (isAnswer(error, ErrorCode.BadVersion)) return left('changed', 'it was changed meanwhile');
    return outcomeOf(error);
  }
}

/** Both requests go behind one another: the new ACL may take away what the data's needs. */
async function change(endpoint: Endpoint, path: string, { data, acl }: Extract<Act, { kind: 'change' }>): Promise<Outcome> {
  const setData = async (): Promise<Outcome> => {
    if (data === null) return DONE;
    await endpoint.now('write', (client) => client.setData(path, data.value, data.version));
    return DONE;
  };
  const setAcl = async (): Promise<Outcome> => {
    if (acl === null) return DONE;
    await endpoint.now('write', (client) => client.setACL(path, acl.value, acl.aversion));
    return DONE;
  };
  const [dataEnd, aclEnd] = await Promise.all([setData().catch(changeOutcome), setAcl().catch(changeOutcome)]);
  const worst = [dataEnd, aclEnd].find(({ kind }) => kind === 'ends') ?? [dataEnd, aclEnd].find(({ kind }) => kind === 'again');
  if (worst !== undefined) return worst;
  // What the old ACL forbade the new one may allow.
  if (dataEnd.kind === 'refused' && acl !== null && aclEnd.kind === 'done') return setData().catch(changeOutcome);
  if (dataEnd.kind === 'refused') return dataEnd;
  if (aclEnd.kind !== 'refused') return DONE;
  return data === null ? aclEnd : { kind: 'done', reason: 'aclNotSet', message: aclEnd.message };
}

function changeOutcome(error: unknown): Outcome {
  if (isAnswer(error, ErrorCode.BadVersion) || isAnswer(error, ErrorCode.NoNode)) return { kind: 'again', error };
  return outcomeOf(error);
}

const left = (reason: ItemReason, message: string): Outcome => ({ kind: 'refused', action: 'leave', reason, message, blocks: false });

const refused = (reason: ItemReason, message: string): Extract<Outcome, { kind: 'refused' }> =>
  ({ kind: 'refused', action: 'fail', reason, message, blocks: false });

/** Answers that would be given to everything that follows, too. */
const ENDS = new Set<string>(['AuthFailed', 'SessionClosedRequireSaslAuth']);

function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof ZooError) || error instanceof CancelledError || ENDS.has(error.code)) return { kind: 'ends', error };
  if (isPassing(error)) return { kind: 'again', error };
  if (error instanceof KeeperError) return refused(error.code, error.message);
  if (error.code === 'RequestTooLarge') return refused('tooBig', error.message);
  if (error.code === 'BadPath' || error.code === 'BadTtl') return refused(error.code, error.message);
  return { kind: 'ends', error };
}

function isAnswer(error: unknown, number: number): error is KeeperError {
  return error instanceof KeeperError && error.number === number;
}

/** The bytes of the longest request that an act sends (facts 1.5). @param path with the chroot */
export function requestBytes(path: string, act: Act): number {
  const header = 8 + 4 + utf8Length(path);
  if (act.kind === 'create') {
    return header + 4 + (act.want.data?.length ?? 0) + aclBytes(act.acl) + 4 + (act.want.kind === 'ttl' ? 8 : 0);
  }
  if (act.kind === 'remove') return header + 4;
  const data = act.data === null ? 0 : header + 4 + (act.data.value?.length ?? 0) + 4;
  return Math.max(data, act.acl === null ? 0 : header + aclBytes(act.acl.value) + 4);
}

function aclBytes(acl: readonly Acl[]): number {
  return acl.reduce((sum, { id }) => sum + 12 + utf8Length(id.scheme) + utf8Length(id.id), 4);
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // A pair of surrogates is four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
  }
  return bytes;
}
