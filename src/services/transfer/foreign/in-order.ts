/** What a foreign export holds, brought into the one order, with the parents that it leaves out. */

import { OPEN_ACL } from '../../../model/acl.ts';
import { badExport } from '../format/layout.ts';
import { compareRelative, parentOf } from '../order.ts';
import type { NodeRecord } from '../record.ts';

/** A node, and the line that it stands in; 0 where that is not known. */
export interface ForeignNode {
  readonly record: NodeRecord;
  readonly line: number;
}

/** A record as foreign exports have them: persistent, of no known transaction. */
export function foreignRecord(
  path: string,
  data: Uint8Array | null,
  acl: NodeRecord['acl'] = null,
): NodeRecord {
  return { path, kind: 'persistent', ttlMs: null, data, acl, aclMasked: false, stat: null, changed: false };
}

/** A node that has to be there for others; see NodeRecord.implied. Open, as both programs make such nodes. */
export function impliedRecord(path: string): NodeRecord {
  return { ...foreignRecord(path, new Uint8Array(0), OPEN_ACL), implied: true };
}

/**
 * The nodes in order, each behind its parent, the root first.
 *
 * @throws UsageError BadExport when a node is there twice
 */
export function inOrder(nodes: readonly ForeignNode[]): NodeRecord[] {
  const sorted = [...nodes].sort((a, b) => compareRelative(a.record.path, b.record.path));
  const out: NodeRecord[] = [];
  let last: string | null = null;
  for (const { record, line } of sorted) {
    if (record.path === last) throw badExport(line, `/${record.path} is there twice`);
    for (const missing of missingParents(record.path, last)) out.push(impliedRecord(missing));
    out.push(record);
    last = record.path;
  }
  return out;
}

/** Of the nodes above a path those that did not come with the path before it, topmost first. */
function missingParents(path: string, last: string | null): string[] {
  const missing: string[] = [];
  for (let parent = parentOf(path); parent !== null && !isAbove(parent, last); parent = parentOf(parent)) missing.unshift(parent);
  return missing;
}

/** Whether a node has come when `last`, behind which comes something below the node, has. */
function isAbove(parent: string, last: string | null): boolean {
  if (last === null) return false;
  return parent === '' || last === parent || last.startsWith(`${parent}/`);
}
