/** Nodes that the server takes away by itself: used containers and nodes whose time is up (facts 1.11; ContainerManager). */

import { ownerKind, ttlOf } from '../../model/create-mode.ts';
import type { NodeView, TreeReader } from '../tree/api.ts';

export interface ContainerRules {
  /** How long a container may wait for its first child, in ms; 0: for ever. */
  readonly neverUsedMs: number;
  readonly extendedTypes: boolean;
}

/**
 * The paths to ask deleteContainer for. The answer may be that a node has got a child meanwhile.
 *
 * @param wallMs now, on the clock of mtimes
 */
export function expiredNodes(tree: TreeReader, wallMs: number, rules: ContainerRules): string[] {
  const out: string[] = [];
  const age = (node: NodeView): number => wallMs - Number(node.mtime);
  for (const path of tree.containers()) {
    const node = tree.node(path);
    if (node === undefined || node.childCount > 0) continue;
    // A container that never had a child may be about to get its first.
    if (node.cversion > 0 || (rules.neverUsedMs > 0 && age(node) > rules.neverUsedMs)) out.push(path);
  }
  for (const path of tree.ttlNodes()) {
    const node = tree.node(path);
    if (node === undefined || node.childCount > 0) continue;
    if (ownerKind(node.ephemeralOwner, rules.extendedTypes) !== 'ttl') continue;
    if (age(node) > Number(ttlOf(node.ephemeralOwner))) out.push(path);
  }
  return out;
}
