/** What keys do in the tree (the ARIA tree pattern). In: a key press. Out: where the cursor goes, or what is done. */

import type { TreeSession } from '../../stores/tree.ts';
import { NOTE_ROW } from '../../base/tree/flat-tree.ts';
import { typeaheadRow, TYPEAHEAD_PAUSE_MS } from '../../base/tree/typeahead.ts';

export interface TreeKeyActions {
  /** Rows that fit on screen. */
  readonly page: () => number;
  /** Opens the row's node; `keep` not as a preview. */
  readonly open: (row: number, keep: boolean) => void;
  /** Does what a note offers. */
  readonly note: (row: number) => void;
}

/**
 * Letters typed one after the other. A word ends with a pause, with another key, and when the cursor was moved otherwise.
 *
 * @returns for a letter the row that it leads to, the present one when there is none; and what ends the word
 */
function typing(tree: TreeSession): { readonly letter: (letter: string, current: number) => number; readonly end: () => void } {
  const { model, cursor } = tree;
  let word = '';
  let typedAtMs = 0;
  let ledTo: string | null = null;
  const nameOf = (row: number): string | null => {
    const { listing, index } = model.at(row);
    return listing.names[index] ?? null;
  };
  const end = (): void => {
    word = '';
  };
  const letter = (typed: string, current: number): number => {
    const nowMs = performance.now();
    if (nowMs - typedAtMs > TYPEAHEAD_PAUSE_MS || cursor.value !== ledTo) end();
    word += typed;
    typedAtMs = nowMs;
    const found = typeaheadRow(model.rowCount, nameOf, current, word);
    const row = found === -1 ? current : found;
    ledTo = tree.keyOf(model.at(row));
    return row;
  };
  return { letter, end };
}

/** Keys that end a typed word; Shift and its like are a part of typing. */
const WORD_ENDS = /^(?:Arrow|Page|Home|End|Enter|Escape|Tab)/;

/** Handles keys for one tree. @returns whether the key was used */
export function treeKeys(tree: TreeSession, { page, open, note }: TreeKeyActions): (event: KeyboardEvent) => boolean {
  const { model } = tree;
  const typed = typing(tree);
  const current = (): number => (tree.cursor.value === null ? -1 : tree.rowOf(tree.cursor.value));
  const goTo = (row: number): boolean => {
    if (model.rowCount === 0) return false;
    tree.select(tree.keyOf(model.at(Math.min(Math.max(0, row), model.rowCount - 1))));
    return true;
  };
  const right = (row: number): boolean => {
    const place = model.at(row);
    if (place.index === NOTE_ROW) return true;
    if (!model.isExpanded(place)) void tree.expand(place);
    else if (row + 1 < model.rowCount && model.at(row + 1).listing.parent === place.listing) goTo(row + 1);
    return true;
  };
  const left = (row: number): boolean => {
    const place = model.at(row);
    if (place.index !== NOTE_ROW && model.isExpanded(place)) {
      tree.collapse(place);
      return true;
    }
    const { parent, index } = place.listing;
    return parent === null ? true : goTo(model.rowOf({ listing: parent, index }));
  };
  const moveTo = (key: string, row: number): number | null => {
    switch (key) {
      case 'ArrowDown':
        return row + 1;
      case 'ArrowUp':
        return row - 1;
      case 'PageDown':
        return row + page();
      case 'PageUp':
        return row - page();
      case 'Home':
        return 0;
      case 'End':
        return model.rowCount - 1;
      default:
        return null;
    }
  };
  const act = (key: string, row: number): boolean => {
    const isNote = model.at(row).index === NOTE_ROW;
    if (key === 'ArrowRight') return right(row);
    if (key === 'ArrowLeft') return left(row);
    if (key === 'Enter' || key === ' ') {
      if (isNote) note(row);
      else open(row, key === 'Enter');
      return true;
    }
    if (key === '*') {
      void tree.expandSiblings(model.at(row));
      return true;
    }
    return key.length === 1 && key !== '/' ? goTo(typed.letter(key, row)) : false;
  };

  return (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (WORD_ENDS.test(event.key)) typed.end();
    const row = current();
    const to = moveTo(event.key, row);
    if (to !== null) return goTo(to);
    return row === -1 ? false : act(event.key, row);
  };
}
