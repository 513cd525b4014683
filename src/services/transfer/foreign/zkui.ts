/**
 * zkui's exports (github.com/DeemOpen/zkui: Export.java, ZooKeeperUtil.java): a comment, then a line for each node
 * without children, `path=name=value`. Line feeds within a value stand as `\n`, carriage returns are dropped, and
 * null is empty: that is lost where zkui writes it. No ACLs, no kinds; nodes with children only as parents.
 */

import { encodeUtf8 } from '../../../base/text.ts';
import { joinPath, pathProblem } from '../../../model/zpath.ts';
import { badExport } from '../format/layout.ts';
import { relativePath } from '../order.ts';
import type { NodeRecord } from '../record.ts';
import { foreignRecord, impliedRecord, inOrder, type ForeignNode } from './in-order.ts';

/** What zkui gives people without its admin role for nodes whose names hold "password" or "pwd". */
const WITHHELD = 'SOPA/PIPA BLACKLISTED VALUE';

/**
 * Reads one. Nodes whose value zkui withheld are as if only their parents' children list spoke of them.
 *
 * @returns its nodes below `/`, in order
 * @throws UsageError BadExport with the line and the reason
 */
export function readZkui(text: string): NodeRecord[] {
  const nodes: ForeignNode[] = [];
  text.split('\n').forEach((raw, index) => {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line.trim() === '' || line.trimStart().startsWith('#')) return;
    nodes.push({ record: recordOf(line, index + 1), line: index + 1 });
  });
  if (nodes.length === 0) throw badExport(0, 'no node in it');
  return inOrder(nodes);
}

/** The first two signs of equality are what zkui itself goes by when it imports. */
function recordOf(line: string, number: number): NodeRecord {
  if (line.startsWith('-')) throw badExport(number, 'a deletion, which is no part of an export: delete the node by itself');
  const first = line.indexOf('=');
  const second = line.indexOf('=', first + 1);
  if (!line.startsWith('/') || first < 0 || second < 0) throw badExport(number, 'not path=name=value');
  const path = joinPath(line.slice(0, first), line.slice(first + 1, second));
  const problem = pathProblem(path);
  if (problem !== null) throw badExport(number, `${path}: ${problem}`);
  const value = line.slice(second + 1);
  const relative = relativePath('/', path);
  if (value === WITHHELD) return impliedRecord(relative);
  return foreignRecord(relative, encodeUtf8(value.replaceAll('\\n', '\n')));
}
