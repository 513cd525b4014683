/**
 * A subtree of an ensemble as a stream in the one order, read far ahead within bounds. Must hold: what is in memory is
 * bounded by the look-ahead and, for each node with children that is open, its list of names as the server sent it.
 */

import { NO_ZXID } from '../../../model/zxid.ts';
import type { Stat } from '../../../model/stat.ts';
import { joinPath } from '../../../model/zpath.ts';
import type { Endpoint } from '../endpoint.ts';
import { compareRelative, isAtOrBelow } from '../order.ts';
import type { KindInfo, NodeRecord } from '../record.ts';
import { isSystemPath } from '../rules.ts';
import type { KindTeller, LeftReason, RecordSource, SourceEntry } from '../source.ts';
import type { Names } from './name-list.ts';
import { leftHead, NodeReader, ReadBatch, type Absent, type Data, type Head, type Listing } from './node-reader.ts';
import { Marker, Slot, SlotList } from './slots.ts';

export interface WalkOptions {
  readonly ephemerals: boolean;
  readonly acl: boolean;
  /** False: only what Stat and ACL say is read, and every record's data is null. */
  readonly data: boolean;
  /** Whether a node, or anything below it, is of interest; null: all are. The rest is not even looked at. */
  readonly within: ((relative: string) => boolean) | null;
  readonly kinds: KindTeller | null;
  /** Nodes that changed after this transaction are marked; null: only those that changed between two replies. */
  readonly since: bigint | null;
}

/** Nodes that are read ahead. */
const AHEAD_NODES = 1_024;
/** Data and names that are read ahead, bytes each. The node whose turn it is may be larger. */
const AHEAD_DATA_BYTES = 8 * 1024 * 1024;
const AHEAD_NAMES_BYTES = 8 * 1024 * 1024;
/** What a name takes, before it is known. */
const NAME_BYTES_GUESS = 40;
/** Above this many times a bound, what lies farthest is given up, and read again later. */
const OVER = 2;
const BATCH_NODES = 256;
const BATCH_BYTES = 1024 * 1024;
const RETRIES_MAX = 2;
const FEW_ASKED = 16;
/** Up to this many children are listed together with others'; longer lists come as they are, and stay so. */
const FEW_NAMES = 200;

interface Asked {
  readonly slot: Slot;
  readonly part: 'data' | 'names';
}

export class LiveWalk implements RecordSource {
  readonly kinds: boolean;
  readonly acls: boolean;
  readonly #endpoint: Endpoint;
  readonly #root: string;
  readonly #options: WalkOptions;
  readonly #reader: NodeReader;
  readonly #list = new SlotList();
  readonly #batch: ReadBatch<Asked>;
  #chroot = '';
  #after: string | null = null;
  #dataBytes = 0;
  /** Requests under way. */
  #asked = 0;
  #failure: { readonly error: unknown } | null = null;
  #planDue = false;
  #over = false;
  #wake: (() => void) | null = null;

  /** @param root absolute, without the chroot. The endpoint must be prepared. */
  constructor(endpoint: Endpoint, root: string, options: WalkOptions) {
    this.#endpoint = endpoint;
    this.#root = root;
    this.#options = options;
    this.kinds = options.kinds !== null;
    this.acls = options.acl;
    this.#reader = new NodeReader(endpoint, options.acl);
    this.#batch = new ReadBatch(endpoint, ({ slot }) => slot.path, (asked) => this.#askMany(asked));
  }

  async *read(after: string | null): AsyncGenerator<readonly SourceEntry[]> {
    this.#after = after;
    this.#chroot = (await this.#endpoint.client()).chroot;
    this.#list.insertBehind(this.#slot('', this.#root, null, 0), null);
    try {
      for (;;) {
        this.#plan();
        const batch = this.#take();
        if (batch.length > 0) yield batch;
        if (this.#list.first === null) return;
        if (this.#failure !== null) throw this.#failure.error;
        if (batch.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#over = true;
    }
  }

  /** Records from the front, as far as they are whole. */
  #take(): SourceEntry[] {
    const out: SourceEntry[] = [];
    let bytes = 0;
    for (let entry = this.#list.first; entry !== null && out.length < BATCH_NODES && bytes < BATCH_BYTES; entry = this.#list.first) {
      if (!entry.isSlot) {
        if (entry.nextIndex < entry.names.count) break;
        this.#list.remove(entry);
        continue;
      }
      if (!entry.isWhole) break;
      this.#drop(entry);
      if (entry.silent) continue;
      if (entry.left !== null) {
        out.push(entry.left);
        continue;
      }
      out.push(this.#record(entry));
      bytes += entry.data?.length ?? 0;
    }
    return out;
  }

  /**
   * Its children are listed in a reply of their own, which a Stat from before says nothing of. One that came meanwhile
   * is marked itself; one that went shows in their number.
   */
  #record(slot: Slot): NodeRecord {
    const { stat, acl, masked } = slot.head as Head;
    const { kind, ttlMs } = this.#kindOf(slot.path, stat);
    return { path: slot.relative, kind, ttlMs, data: slot.data, acl, aclMasked: masked, stat, changed: slot.changed || slot.listed !== stat.numChildren || this.#isLate(stat) };
  }

  /** Stat tells ephemerals only: the owner of containers and TTL nodes is hidden from clients (DataNode.copyStat). */
  #kindOf(path: string, stat: Stat): KindInfo {
    if (stat.ephemeralOwner !== 0n) return { kind: 'ephemeral', ttlMs: null };
    return this.#options.kinds?.kindOf(`${this.#chroot}${path}`, stat.czxid) ?? PERSISTENT;
  }

  #isLate({ mzxid, pzxid }: Stat): boolean {
    const since = this.#options.since ?? NO_ZXID;
    return since !== NO_ZXID && (mzxid > since || pzxid > since);
  }

  #planSoon(): void {
    this.#wake?.();
    this.#wake = null;
    if (this.#planDue) return;
    this.#planDue = true;
    // Replies come many at a time: they are looked at together.
    void Promise.resolve().then(() => {
      this.#planDue = false;
      this.#plan();
    });
  }

  /** Goes through what is in hand from the front, and asks for what is missing, as far as the bounds allow. */
  #plan(): void {
    if (this.#over || this.#failure !== null) return;
    let nodes = 0;
    let dataBytes = 0;
    let nameBytes = 0;
    for (let entry = this.#list.first; entry !== null && nodes < AHEAD_NODES; entry = entry.next) {
      if (!entry.isSlot) {
        nodes += this.#fill(entry, AHEAD_NODES - nodes);
        continue;
      }
      nodes++;
      if (entry.left !== null) continue;
      if (entry.headPart === 'none' && this.#endpoint.pace.hasRoom) this.#askHead(entry);
      if (entry.head === null) continue;
      const { dataLength, numChildren } = entry.head.stat;
      if (entry.dataPart === 'none' && (nodes === 1 || dataBytes + dataLength <= AHEAD_DATA_BYTES)) this.#wantData(entry, dataLength);
      dataBytes += dataLength;
      const guess = numChildren * NAME_BYTES_GUESS;
      if (entry.namesPart === 'none' && (nodes === 1 || nameBytes + guess <= AHEAD_NAMES_BYTES)) this.#askNames(entry, numChildren);
      nameBytes += guess;
    }
    // A fuller batch is worth waiting for as long as other answers are on their way.
    if (this.#asked < FEW_ASKED) this.#batch.flush();
    this.#evict();
    // Others who use the session may have taken all the room: then no answer of ours will come to go on with.
    if (this.#asked === 0 && !this.#endpoint.pace.hasRoom) void this.#endpoint.pace.room().then(() => this.#planSoon());
  }

  /** Makes slots of a listed node's next children. @returns how many */
  #fill(marker: Marker, most: number): number {
    let made = 0;
    const { names, slot } = marker;
    while (made < most && marker.nextIndex < names.count && this.#endpoint.pace.hasRoom) {
      const index = marker.nextIndex++;
      const name = names.at(index);
      const relative = slot.relative === '' ? name : `${slot.relative}/${name}`;
      if (this.#options.within?.(relative) === false) continue;
      const child = this.#slot(relative, joinPath(slot.path, name), marker, index);
      this.#list.insertBehind(child, marker.prev);
      if (child.left === null) this.#askHead(child);
      made++;
    }
    return made;
  }

  #slot(relative: string, path: string, from: Marker | null, index: number): Slot {
    const after = this.#after;
    const silent = after !== null && compareRelative(relative, after) <= 0;
    const slot = new Slot(relative, path, from, index, silent);
    if (from !== null && isSystemPath({ chroot: this.#chroot }, path) && !isSystemPath({ chroot: this.#chroot }, this.#root)) {
      this.#leave(slot, 'system', null);
    }
    return slot;
  }

  #leave(slot: Slot, left: LeftReason, message: string | null): void {
    this.#dataBytes -= slot.dataBytes;
    slot.dataPart = 'none';
    slot.wantsData = false;
    slot.data = null;
    this.#dropBelow(slot);
    const kind = slot.head === null ? 'persistent' : this.#kindOf(slot.path, slot.head.stat).kind;
    slot.left = { path: slot.relative, left, kind, message, ...leftHead(slot.head) };
    this.#planSoon();
  }

  #ask<T>(asked: Promise<T>, got: (answer: T) => void): void {
    this.#asked++;
    asked
      .then((answer) => {
        this.#asked--;
        got(answer);
      })
      .catch((error: unknown) => {
        this.#failure ??= { error };
        this.#planSoon();
      });
  }

  #askHead(slot: Slot): void {
    slot.headPart = 'asked';
    this.#ask(this.#reader.head(slot.path), (head) => this.#gotHead(slot, head));
  }

  #gotHead(slot: Slot, head: Head | Absent): void {
    if (slot.dropped) return;
    if (head.absent !== null) {
      this.#leave(slot, head.absent, head.message);
      return;
    }
    slot.head = head;
    slot.headPart = 'have';
    if (head.stat.ephemeralOwner !== 0n && !this.#options.ephemerals) {
      this.#leave(slot, 'ephemeral', null);
      return;
    }
    if (slot.silent || !this.#options.data) slot.dataPart = 'have';
    const leads = this.#after !== null && isAtOrBelow(this.#after, slot.relative);
    const needsNames = head.stat.numChildren > 0 && (!slot.silent || leads);
    if (!needsNames && slot.namesPart === 'none') slot.namesPart = 'have';
    this.#planSoon();
  }

  #wantData(slot: Slot, dataLength: number): void {
    slot.dataPart = 'asked';
    slot.wantsData = true;
    this.#dataBytes += dataLength;
    this.#batch.add({ slot, part: 'data' }, dataLength);
  }

  #askMany(asked: readonly Asked[]): void {
    this.#ask(this.#reader.readMany(asked.map(({ slot, part }) => ({ path: slot.path, part }))), (results) => {
      asked.forEach(({ slot, part }, i) => {
        if (part === 'data') this.#gotData(slot, results[i] as Data | Absent);
        else this.#gotNames(slot, results[i] as Listing | Absent);
      });
    });
  }

  #gotData(slot: Slot, result: Data | Absent): void {
    if (slot.dropped || slot.left !== null) return;
    if (result.absent !== null) {
      this.#leave(slot, result.absent, result.message);
      return;
    }
    const head = slot.head as Head;
    const { czxid, mzxid, aversion } = head.stat;
    const same = result.stat.czxid === czxid && result.stat.aversion === aversion;
    if (!same || result.stat.mzxid !== mzxid) slot.changed = true;
    this.#dataBytes += result.stat.dataLength - head.stat.dataLength;
    slot.head = { ...head, stat: result.stat };
    slot.data = result.data;
    slot.dataPart = 'have';
    // Another node in its place, or another ACL: both parts must be of one moment.
    if (!same && slot.retries < RETRIES_MAX) this.#again(slot);
    this.#planSoon();
  }

  #again(slot: Slot): void {
    slot.retries++;
    this.#dataBytes -= slot.dataBytes;
    slot.dataPart = 'none';
    slot.wantsData = false;
    slot.data = null;
    slot.head = null;
    this.#askHead(slot);
  }

  #askNames(slot: Slot, numChildren: number): void {
    slot.namesPart = 'asked';
    if (this.#reader.batches && numChildren <= FEW_NAMES) {
      this.#batch.add({ slot, part: 'names' }, numChildren * NAME_BYTES_GUESS);
      return;
    }
    this.#ask(this.#reader.names(slot.path), (names) => this.#gotNames(slot, names));
  }

  #gotNames(slot: Slot, result: Listing | Absent): void {
    if (slot.dropped || slot.left !== null) return;
    if (result.absent !== null) {
      this.#leave(slot, result.absent, result.message);
      return;
    }
    slot.namesPart = 'have';
    const { names, bytes } = result;
    slot.listed = names.count;
    slot.marker = new Marker(slot, names, bytes, this.#firstIndex(slot, names));
    this.#list.insertBehind(slot.marker, slot);
    this.#planSoon();
  }

  /** Where the children begin that the walk goes to. */
  #firstIndex(slot: Slot, names: Names): number {
    const after = this.#after;
    if (after === null || after === slot.relative || !isAtOrBelow(after, slot.relative)) return 0;
    const rest = slot.relative === '' ? after : after.slice(slot.relative.length + 1);
    const slash = rest.indexOf('/');
    return names.firstFrom(slash < 0 ? rest : rest.slice(0, slash));
  }

  /** Nothing below a node comes without it. */
  #dropBelow(slot: Slot): void {
    const { marker } = slot;
    if (marker === null) return;
    slot.marker = null;
    for (let entry = slot.next; entry !== null; ) {
      const { next } = entry;
      if (entry.isSlot) this.#drop(entry);
      else this.#list.remove(entry);
      entry = entry === marker ? null : next;
    }
  }

  #drop(slot: Slot): void {
    this.#dataBytes -= slot.dataBytes;
    this.#list.remove(slot);
  }

  /** Descending pushes siblings out of the look-ahead: those that lie farthest are given up, and read again later. */
  #evict(): void {
    const list = this.#list;
    while (list.count > AHEAD_NODES * OVER || (this.#dataBytes > AHEAD_DATA_BYTES * OVER && list.count > 1)) {
      let marker = list.last;
      if (marker === null || marker.isSlot) return;
      // The last child of all belongs to the innermost of the listed nodes at the end.
      while (marker.prev !== null && !marker.prev.isSlot && marker.prev.prev !== marker.prev.slot) marker = marker.prev;
      const last = marker.prev;
      if (last === null || last === list.first || (last.isSlot && last.from !== marker)) return;
      if (last.isSlot) {
        this.#drop(last);
        // Behind it may lie names that are of no interest, and have no slot.
        marker.nextIndex = last.index;
      } else {
        last.slot.namesPart = 'none';
        last.slot.marker = null;
        list.remove(last);
      }
    }
  }
}

const PERSISTENT: KindInfo = { kind: 'persistent', ttlMs: null };
