/** Keeps rows on screen where they are while rows above them come and go. */

import type { FlatTree } from '../../base/tree/flat-tree.ts';
import { joinPath } from '../../../model/zpath.ts';

/** How many rows below the topmost one may serve to find the place again. */
const ANCHORS_MAX = 60;

/**
 * Makes a change, and says by how many rows what was on top of the screen has moved.
 *
 * @param topRow the topmost row on screen
 * @returns 0 when it stayed, or when nothing that was on screen is left
 */
export function rowsMoved(model: FlatTree, topRow: number, change: () => void): number {
  const anchors: { readonly path: string; readonly row: number }[] = [];
  for (let row = topRow; topRow > 0 && row < model.rowCount && anchors.length < ANCHORS_MAX; row++) {
    const { listing, index } = model.at(row);
    const name = listing.names[index];
    if (name !== undefined) anchors.push({ path: listing.depth === 0 ? name : joinPath(listing.path, name), row });
  }
  change();
  for (const { path, row } of anchors) {
    const place = model.locate(path);
    const now = place === null ? -1 : model.rowOf(place);
    if (now !== -1) return now - row;
  }
  return 0;
}
