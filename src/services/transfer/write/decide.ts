/** What is to be done to one node: pure. In: what should be there, what is there, and the rules. Out: a decision. */

import type { ItemAction, ItemReason, Policy } from '../api.ts';
import type { Difference, NodeRecord } from '../record.ts';
import { differencesOf, isEphemeralKind } from '../record.ts';
import { isLeft, type SourceEntry } from '../source.ts';

export interface Decision {
  readonly action: ItemAction;
  readonly differences: readonly Difference[];
  readonly reason: ItemReason | null;
  readonly message: string | null;
  /** Nothing below the node is looked at either. */
  readonly blocks: boolean;
  /** The whole job ends here. */
  readonly stops: boolean;
}

export interface Rules {
  readonly policy: Policy;
  readonly acl: boolean;
  readonly removeExtra: boolean;
  /** Whether both sides know their kinds. */
  readonly kinds: boolean;
  /** What the job itself has begun to change before it was interrupted. */
  readonly ours: (path: string, now: NodeRecord, want: NodeRecord) => boolean;
}

/**
 * Decides for a node.
 *
 * @param want what the source has; null: nothing
 * @param now what the target has; null: nothing
 * @returns null where there is nothing to say: only the target has it, and it stays
 */
export function decide(path: string, want: SourceEntry | null, now: SourceEntry | null, rules: Rules): Decision | null {
  if (want === null) return now === null || !rules.removeExtra ? null : decideExtra(now);
  if (isLeft(want)) return want.left === 'vanished' && now === null ? null : leave(want.left, want.message, true);
  if (isEphemeralKind(want)) return leave('ephemeral', 'an ephemeral node belongs to the session that made it', true);
  if (now === null) return { action: 'create', differences: [], reason: null, message: null, blocks: false, stops: false };
  if (isLeft(now)) {
    return now.left === 'ephemeral' ? leave('kindDiffers', 'the target has an ephemeral node there', true) : leave(now.left, now.message, true);
  }
  return decideBoth(path, want, now, rules);
}

function decideExtra(now: SourceEntry): Decision {
  if (isLeft(now)) return leave(now.left, now.message, true);
  if (isEphemeralKind(now)) return leave('ephemeral', 'an ephemeral node belongs to the session that made it', true);
  return { action: 'remove', differences: [], reason: null, message: null, blocks: false, stops: false };
}

function decideBoth(path: string, want: NodeRecord, now: NodeRecord, rules: Rules): Decision {
  // The file speaks only of what is below it.
  if (want.implied === true) return { action: 'same', differences: [], reason: null, message: null, blocks: false, stops: false };
  if (isEphemeralKind(now)) return leave('kindDiffers', 'the target has an ephemeral node there', true);
  const masked = rules.acl && (want.acl === null || want.aclMasked || now.aclMasked);
  // One that is masked cannot be written, however it differs.
  const differences = differencesOf(want, now, rules.kinds).filter((each) => each !== 'acl' || (rules.acl && !masked));
  const kindDiffers = differences.includes('kind');
  const reason = kindDiffers ? 'kindDiffers' : masked ? 'aclMasked' : null;
  const message = kindDiffers ? `a node's kind cannot be changed: it is ${now.kind}, not ${want.kind}` : null;
  const decision = { differences, reason, message, blocks: false, stops: false };
  if (differences.length === 0) return { ...decision, action: 'same' };
  if (differences.every((each) => each === 'kind')) return { ...decision, action: 'leave' };
  if (rules.policy === 'overwrite' || rules.ours(path, now, want)) return { ...decision, action: 'change' };
  if (rules.policy === 'unchanged' && isAsExported(want, now)) return { ...decision, action: 'change' };
  if (rules.policy === 'unchanged') return { ...decision, action: 'leave', reason: 'changed', message: 'it was changed since the export' };
  if (rules.policy === 'stop') return { ...decision, action: 'fail', reason: 'exists', message: 'it is there already, and differs', stops: true };
  return { ...decision, action: 'leave', reason: 'exists', message: 'it is there already, and differs' };
}

/** Whether the target's node is the very one that was exported, untouched since. */
function isAsExported({ stat: then }: NodeRecord, { stat: now }: NodeRecord): boolean {
  if (then === null || now === null) return false;
  return then.czxid === now.czxid && then.mzxid === now.mzxid && then.aversion === now.aversion;
}

/** A node that stays as it is. */
export function leave(reason: ItemReason, message: string | null, blocks: boolean): Decision {
  return { action: 'leave', differences: [], reason, message, blocks, stops: false };
}
