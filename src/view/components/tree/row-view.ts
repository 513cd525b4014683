/** What one row of the tree shows. In: the tree and a row's number. Out: plain values for the template. */

import { nodeName, splitSequence } from '../../../model/zpath.ts';
import { NOTE_ROW } from '../../base/tree/flat-tree.ts';
import { Mark, UNKNOWN_COUNT, type Note } from '../../base/tree/listing.ts';
import type { TreeSession } from '../../stores/tree.ts';

export interface RowView {
  readonly row: number;
  readonly key: string;
  readonly path: string;
  /** For ARIA, from 1. */
  readonly level: number;
  readonly position: number;
  readonly setSize: number;
  readonly note: Note | null;
  readonly name: string;
  /** The name without its sequence number, and the number's digits. */
  readonly stem: string;
  readonly sequence: string;
  readonly expanded: boolean;
  readonly loading: boolean;
  /** Null when it is not known whether it has children. */
  readonly count: number | null;
  readonly ephemeral: boolean;
  readonly locked: boolean;
  readonly gone: boolean;
  readonly stale: boolean;
  readonly isRoot: boolean;
}

/** What a row shows now. */
export function rowView(tree: TreeSession, row: number): RowView {
  const { model } = tree;
  const place = model.at(row);
  const { listing, index } = place;
  const key = tree.keyOf(place);
  const base = {
    row, key, level: listing.depth + 1, position: index + 1, setSize: listing.names.length,
    stem: '', sequence: '', expanded: false, loading: false, count: null,
    ephemeral: false, locked: false, gone: false, stale: false, isRoot: listing.depth === 0,
  };
  if (index === NOTE_ROW) return { ...base, path: listing.path, position: 1, setSize: 1, note: listing.note, name: '' };
  const path = model.pathOf(place);
  const own = model.listingOf(place);
  const marks = listing.marks[index] ?? 0;
  const count = listing.counts[index] ?? UNKNOWN_COUNT;
  const name = listing.names[index] ?? '';
  const sequence = splitSequence(nodeName(name)) === null ? '' : name.slice(-10);
  return {
    ...base, path, name, note: null, sequence,
    stem: sequence === '' ? name : name.slice(0, -10),
    expanded: own?.expanded ?? false,
    loading: tree.loading.has(path),
    count: count === UNKNOWN_COUNT ? null : count,
    ephemeral: (marks & Mark.ephemeral) !== 0,
    locked: (marks & Mark.locked) !== 0 || own?.note?.kind === 'denied',
    gone: (marks & Mark.gone) !== 0,
    stale: own?.note?.kind === 'stale',
  };
}
