/** Which nodes of a comparison are meant by what is ticked in its tree: pure. */

import type { Difference } from './difference-tree.ts';

/** A difference and what it is: only in b (`create`), only in a (`remove`), or something else. */
export interface ChoosableDifference extends Difference {
  readonly action: string;
}

export interface ChosenNode {
  /** Relative to the root of the comparison. */
  readonly path: string;
  /** With everything below it. */
  readonly below: boolean;
}

/** Whether a node is ticked, itself or with a branch above it. */
export function isTicked(ticked: ReadonlySet<string>, path: string): boolean {
  return ticked.has(path) || hasTickAbove(ticked, path);
}

/** Whether a branch above a node is ticked. */
export function hasTickAbove(ticked: ReadonlySet<string>, path: string): boolean {
  return parentsOf(path).some((parent) => ticked.has(parent));
}

/** The nodes above one, the nearest first, down to the root (empty); none for the root. */
function parentsOf(path: string): string[] {
  if (path === '') return [];
  const out: string[] = [];
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) out.push(path.slice(0, at));
  return [...out, ''];
}

/**
 * The nodes to be written to one side. Those above a chosen one that the side does not have come with it, since it
 * could not be created without them.
 *
 * @param items the differences that are shown
 * @param ticked paths of nodes and branches; a branch stands for what is shown below it
 * @param missing what a node is that the side does not have
 * @param all whether every difference is shown; else a branch stands for everything below it, shown or not
 */
export function chosenNodes(items: readonly ChoosableDifference[], ticked: ReadonlySet<string>, missing: 'create' | 'remove', all: boolean): ChosenNode[] {
  const absent = new Set(items.filter(({ action }) => action === missing).map(({ path }) => path));
  const chosen = new Map<string, ChosenNode>();
  const take = (path: string, below: boolean): void => {
    for (const parent of parentsOf(path)) {
      if (absent.has(parent) && !chosen.has(parent)) chosen.set(parent, { path: parent, below: false });
    }
    chosen.set(path, { path, below });
  };
  if (all) for (const { path } of items) if (isTicked(ticked, path)) take(path, false);
  if (!all) for (const path of ticked) if (!hasTickAbove(ticked, path)) take(path, true);
  return [...chosen.values()];
}
