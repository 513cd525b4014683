/** Two subtrees, or a subtree and a file, node by node. Nothing is written. */

import type { JobItem, Work } from '../api.ts';
import { isAtOrBelow } from '../order.ts';
import { openSide } from '../read-side.ts';
import { differencesOf, type NodeRecord } from '../record.ts';
import type { JobRun } from '../run.ts';
import { isLeft, type SourceEntry } from '../source.ts';
import { mergePairs, type Pair } from '../walk/pairs.ts';

export async function runCompare(run: JobRun, { a, b }: Extract<Work, { kind: 'compare' }>): Promise<void> {
  const { acl, ephemerals } = run.options;
  const options = { data: true, acl, ephemerals, needsRoot: true };
  const left = await openSide(run, a, options);
  const right = await openSide(run, b, options);
  const total = left.nodesTotal === null && right.nodesTotal === null ? null : Math.max(left.nodesTotal ?? 0, right.nodesTotal ?? 0);
  run.begin('running', total);
  const kinds = left.source.kinds && right.source.kinds;
  const comparer = new Comparer(kinds, acl && left.source.acls && right.source.acls);
  for await (const pairs of mergePairs(left.source.read(null), right.source.read(null))) {
    for (const pair of pairs) {
      await run.step();
      const item = comparer.item(pair);
      if (item === null) run.report.count('leave', 'below');
      else run.report.add(item, item.action === 'leave');
      run.count(pair.path, item?.dataLength ?? 0);
    }
  }
}

/** Tells the difference of one pair after the other, in the one order. */
export class Comparer {
  readonly #kinds: boolean;
  readonly #acls: boolean;
  #skipBelow: string | null = null;

  /** @param kinds whether both sides know kinds. @param acls whether ACLs are compared */
  constructor(kinds: boolean, acls: boolean) {
    this.#kinds = kinds;
    this.#acls = acls;
  }

  /** @returns null below a node that one side left out: nothing can be said there */
  item({ path, a, b }: Pair): JobItem | null {
    if (this.#skipBelow !== null && isAtOrBelow(path, this.#skipBelow)) return null;
    this.#skipBelow = null;
    const left = outOf(a) ?? outOf(b);
    if (left !== null) {
      this.#skipBelow = path;
      return { path, action: 'leave', differences: [], reason: left.left, message: left.message, kind: left.kind, dataLength: 0 };
    }
    return this.#compare(path, thereOf(a), thereOf(b));
  }

  #compare(path: string, a: NodeRecord | null, b: NodeRecord | null): JobItem {
    const shown = b ?? a;
    const item = {
      path, differences: [], reason: null, message: null, kind: shown?.kind ?? 'persistent', dataLength: shown?.data?.length ?? 0,
    } as const;
    if (a === null) return { ...item, action: b === null ? 'same' : 'create' };
    if (b === null) return { ...item, action: a.implied === true ? 'same' : 'remove' };
    if (a.implied === true || b.implied === true) return { ...item, action: 'same' };
    const differences = differencesOf(a, b, this.#kinds).filter((each) => each !== 'acl' || this.#acls);
    const masked = this.#acls && (a.aclMasked || b.aclMasked);
    const changed = a.changed || b.changed;
    const reason = changed ? 'changed' : masked ? 'aclMasked' : null;
    return { ...item, differences, reason, action: differences.length === 0 ? 'same' : 'change' };
  }
}

const outOf = (entry: SourceEntry | null): Extract<SourceEntry, { left: unknown }> | null =>
  entry !== null && isLeft(entry) && entry.left !== 'vanished' ? entry : null;

const thereOf = (entry: SourceEntry | null): NodeRecord | null => (entry === null || isLeft(entry) ? null : entry);
