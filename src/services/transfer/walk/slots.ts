/**
 * The nodes that a walk has in hand, in the one order: a linked list of slots, each a node on its way from its name to
 * its record, and of markers, each the place where the further children of a listed node go.
 */

import type { LeftNode } from '../source.ts';
import type { Head } from './node-reader.ts';
import type { Names } from './name-list.ts';

/** A listed node's children, from the next one that has no slot yet. */
export class Marker {
  readonly isSlot = false;
  readonly slot: Slot;
  readonly names: Names;
  /** Memory that the names take, bytes. */
  readonly bytes: number;
  nextIndex: number;
  prev: Entry | null = null;
  next: Entry | null = null;

  constructor(slot: Slot, names: Names, bytes: number, nextIndex: number) {
    this.slot = slot;
    this.names = names;
    this.bytes = bytes;
    this.nextIndex = nextIndex;
  }
}

export type Part = 'none' | 'asked' | 'have';

/** One node. */
export class Slot {
  readonly isSlot = true;
  /** Below the walk's root. */
  readonly relative: string;
  readonly path: string;
  /** The listing that it comes from, and its place there; null for the root. */
  readonly from: Marker | null;
  readonly index: number;
  /** It lies before the place where the walk begins: it only leads there. */
  readonly silent: boolean;
  headPart: Part = 'none';
  dataPart: Part = 'none';
  namesPart: Part = 'none';
  head: Head | null = null;
  data: Uint8Array | null = null;
  left: LeftNode | null = null;
  /** Whether room was taken for its data. */
  wantsData = false;
  /** Children that the server listed. */
  listed = 0;
  /** Behind it, once it is listed. */
  marker: Marker | null = null;
  changed = false;
  /** How often it was read anew because it changed between two replies. */
  retries = 0;
  /** It is in the list no more: replies for it come too late. */
  dropped = false;
  prev: Entry | null = null;
  next: Entry | null = null;

  constructor(relative: string, path: string, from: Marker | null, index: number, silent: boolean) {
    this.relative = relative;
    this.path = path;
    this.from = from;
    this.index = index;
    this.silent = silent;
  }

  /** Whether everything is there that its record needs. */
  get isWhole(): boolean {
    return this.left !== null || (this.headPart === 'have' && this.dataPart === 'have' && this.namesPart === 'have');
  }

  /** Bytes of data that it holds, or will. */
  get dataBytes(): number {
    return this.wantsData ? (this.head?.stat.dataLength ?? 0) : 0;
  }
}

export type Entry = Slot | Marker;

export class SlotList {
  #first: Entry | null = null;
  #last: Entry | null = null;
  /** Slots in the list. */
  count = 0;

  get first(): Entry | null {
    return this.#first;
  }

  get last(): Entry | null {
    return this.#last;
  }

  /** Puts an entry behind another; null for the first place. */
  insertBehind(entry: Entry, before: Entry | null): void {
    const after = before === null ? this.#first : before.next;
    entry.prev = before;
    entry.next = after;
    if (before === null) this.#first = entry;
    else before.next = entry;
    if (after === null) this.#last = entry;
    else after.prev = entry;
    if (entry.isSlot) this.count++;
  }

  remove(entry: Entry): void {
    if (entry.prev === null) this.#first = entry.next;
    else entry.prev.next = entry.next;
    if (entry.next === null) this.#last = entry.prev;
    else entry.next.prev = entry.prev;
    entry.prev = null;
    entry.next = null;
    if (entry.isSlot) {
      entry.dropped = true;
      this.count--;
    }
  }
}
