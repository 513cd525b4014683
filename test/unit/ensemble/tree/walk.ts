/** A tree as plain data, for comparing two of them. */

import type { TreeReader } from '../../../../src/ensemble/tree/api.ts';
import { formatAcl } from '../../../../src/model/acl.ts';
import { joinPath } from '../../../../src/model/zpath.ts';

export interface WalkedNode {
  readonly path: string;
  /** base64, or null */
  readonly data: string | null;
  readonly acl: readonly string[];
  readonly stat: Readonly<Record<string, string>>;
  readonly children: readonly string[];
}

/** Every node, sorted by path, as clients see it. */
export function walkTree(tree: TreeReader): WalkedNode[] {
  const out: WalkedNode[] = [];
  const visit = (path: string): void => {
    const node = tree.node(path);
    const stat = tree.stat(path);
    const children = tree.children(path);
    if (node === undefined || stat === undefined || children === undefined) throw new Error(`no ${path}`);
    out.push({
      path,
      data: node.data === null ? null : Buffer.from(node.data).toString('base64'),
      acl: node.acl.map(formatAcl),
      stat: Object.fromEntries(Object.entries(stat).map(([key, value]) => [key, String(value)])),
      children: [...children].sort(),
    });
    for (const child of children) visit(joinPath(path, child));
  };
  visit('/');
  return out.sort((a, b) => (a.path < b.path ? -1 : 1));
}
