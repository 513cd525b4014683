/** What waits until everything below a node is through. Must hold: all that waits lies on the way to the present node. */

import { formatId, parseId } from '../../../model/zxid.ts';
import type { Acl } from '../../../model/acl.ts';
import type { Postponed } from '../job-log.ts';
import { isAtOrBelow, namesOf } from '../order.ts';
import type { NodeRecord } from '../record.ts';
import type { Note } from './plan.ts';

export interface Waiting {
  readonly relative: string;
  readonly act: 'remove' | 'setAcl';
  /** Of the data for a removal, of the ACL for the rest. */
  readonly version: number;
  readonly acl: readonly Acl[] | null;
  /** What was there when it was planned. */
  readonly former: NodeRecord | null;
  readonly note: Note;
  /** The node is counted by another step. */
  readonly second: boolean;
  /** Something below it was left. */
  blocked: boolean;
}

export class PostStack {
  #entries: Waiting[] = [];

  /** @param at the node that the job had come to */
  static restore(postponed: readonly Postponed[], at: string | null): PostStack {
    const stack = new PostStack();
    const names = at === null ? [] : namesOf(at);
    for (const { depth, act, version, czxid, aversion, acl, blocked, second } of postponed) {
      const relative = names.slice(0, depth).join('/');
      const note: Note = {
        action: act === 'remove' ? 'remove' : 'change', differences: act === 'remove' ? [] : ['acl'],
        reason: null, message: null, kind: 'persistent', dataLength: 0, exists: true,
      };
      const id = parseId(czxid);
      const former = id === null ? null : formerOf(relative, id, act === 'remove' ? version : 0, aversion);
      stack.push({ relative, act, version, acl, former, note, second, blocked });
    }
    return stack;
  }

  push(waiting: Waiting): void {
    this.#entries.push(waiting);
  }

  /** The present node stays: what is above it cannot be removed. */
  block(): void {
    for (const entry of this.#entries) entry.blocked = true;
  }

  /** What is through when the walk comes to a node, deepest first; everything at the end (null). */
  leave(path: string | null): Waiting[] {
    const out: Waiting[] = [];
    for (;;) {
      const top = this.#entries[this.#entries.length - 1];
      if (top === undefined || (path !== null && isAtOrBelow(path, top.relative))) return out;
      this.#entries.pop();
      // What is left of it stays in the way of what is above it.
      if (top.blocked) this.block();
      out.push(top);
    }
  }

  takeAll(): Waiting[] {
    return this.leave(null);
  }

  /** For a checkpoint. */
  state(): Postponed[] {
    return this.#entries.map(({ relative, act, version, acl, former, second, blocked }) => ({
      depth: namesOf(relative).length,
      act,
      version,
      aversion: former?.stat?.aversion ?? 0,
      czxid: former?.stat == null ? '' : formatId(former.stat.czxid),
      acl,
      second,
      blocked,
    }));
  }
}

function formerOf(path: string, czxid: bigint, version: number, aversion: number): NodeRecord {
  const stat = {
    czxid, mzxid: czxid, ctime: 0n, mtime: 0n, version, cversion: 0, aversion, ephemeralOwner: 0n, dataLength: 0, numChildren: 0, pzxid: czxid,
  };
  return { path, kind: 'persistent', ttlMs: null, data: null, acl: null, aclMasked: false, stat, changed: false };
}
