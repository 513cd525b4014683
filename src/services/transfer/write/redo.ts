/**
 * A second look at a node whose write was overtaken, or whose reply was lost: pure. In: what was to be done, and what
 * is there now. Out: it is done, or it stays as it is, or what is to be done instead.
 */

import { equalData, sameAcls, type NodeRecord } from '../record.ts';
import { isLeft, type LeftNode, type SourceEntry } from '../source.ts';
import type { Decision } from './decide.ts';
import type { Look, Note } from './plan.ts';
import { DONE, type Act } from './step.ts';

/** What was planned, and the rules by which it is decided anew. */
export interface Planned {
  readonly act: Act;
  readonly note: Note;
  /** What was there when it was planned. */
  readonly former: NodeRecord | null;
  /** @param ours whether the job's own request may have made the difference */
  readonly decideAnew: (now: SourceEntry | null, ours: boolean) => { readonly decision: Decision | null; readonly act: Act | null };
}

/** @param lost a reply was lost, so that the request may have been carried out. @param seen what is there */
export function lookAgain({ act, note, former, decideAnew }: Planned, lost: boolean, seen: SourceEntry | null): Look {
  const look = { outcome: null, act: null, note, now: null, stops: false };
  const assumed = act.kind === 'create' && lost && seen !== null && isLeft(seen) ? assumeData(seen, act.want.data) : null;
  const now = assumed ?? seen;
  if (lost && tookPlace(act, former, now)) return { ...look, outcome: DONE };
  if (act.kind === 'remove' && now !== null && !isLeft(now)) {
    const same = former !== null && now.stat?.czxid === former.stat?.czxid && now.stat?.version === act.version;
    if (same) return { ...look, act, now };
    return { ...look, outcome: { kind: 'refused', action: 'leave', reason: 'changed', message: 'it was changed meanwhile', blocks: false } };
  }
  const ours = lost && now !== null && !isLeft(now) && (former === null ? isFresh(act, now) : isOneStepOn(act, former, now));
  const anew = decideAnew(now, ours);
  if (anew.decision === null || anew.decision.action === 'same') return { ...look, outcome: DONE, note: noteOf(note, anew.decision, lost) };
  const { action, reason, message, differences, stops, blocks } = anew.decision;
  if (anew.act === null) {
    return { ...look, outcome: { kind: 'refused', action, reason: reason ?? 'changed', message, blocks }, stops };
  }
  return { ...look, act: anew.act, note: { ...note, action, reason, message, differences }, now: now === null || isLeft(now) ? null : now };
}

/** A node whose data cannot be read, as what it would be if it were that data; null where its length says otherwise. */
export function assumeData({ path, kind, head }: LeftNode, data: Uint8Array | null): NodeRecord | null {
  if (head?.stat.dataLength !== (data?.length ?? 0)) return null;
  return { path, kind, ttlMs: null, data, acl: head.acl, aclMasked: head.aclMasked, stat: head.stat, changed: false };
}

/** Found as it should be: by our own request, if that was on its way, else by another's. */
function noteOf(note: Note, decision: Decision | null, lost: boolean): Note {
  return lost || decision === null ? note : { ...note, action: 'same', differences: [] };
}

function tookPlace(act: Act, former: NodeRecord | null, now: SourceEntry | null): boolean {
  if (act.kind === 'remove') return now === null;
  if (now === null || isLeft(now) || now.stat === null) return false;
  if (act.kind === 'create') {
    const acl = now.acl === null || now.aclMasked || sameAcls(now.acl, act.acl);
    return now.stat.version === 0 && equalData(now.data, act.want.data) && acl;
  }
  if (now.stat.czxid !== former?.stat?.czxid) return false;
  const { data, acl } = act;
  const dataSet = data === null || (now.stat.version === data.version + 1 && equalData(now.data, data.value));
  const aclSet = acl === null || (now.stat.aversion === acl.aversion + 1 && now.acl !== null && sameAcls(now.acl, acl.value));
  return dataSet && aclSet;
}

/** Whether a node that the job made is as it made it, but for the ACL that was to follow. */
function isFresh(act: Act, { stat }: NodeRecord): boolean {
  return act.kind === 'change' && stat?.version === 0 && stat.aversion <= 1;
}

/** Whether no more can have happened than the job's own request: a step to what it did not ask for is somebody else's. */
function isOneStepOn(act: Act, former: NodeRecord, now: NodeRecord): boolean {
  if (act.kind !== 'change' || former.stat === null || now.stat === null || former.stat.czxid !== now.stat.czxid) return false;
  const data = now.stat.version - former.stat.version;
  const acl = now.stat.aversion - former.stat.aversion;
  if (data > 1 || acl > 1 || (data === 1 && (act.data === null || !equalData(now.data, act.data.value)))) return false;
  return acl !== 1 || (act.acl !== null && now.acl !== null && sameAcls(now.acl, act.acl.value));
}
