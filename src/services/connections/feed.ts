/**
 * The live feed of one connection: watch events, session events, gaps and our own writes, numbered without gaps.
 * An entry whose old and new values are still being read is held back for a moment, and those after it with it,
 * so that entries reach the view in order and whole.
 */

import type { CancelTimer, Clock } from '../../base/clock.ts';
import type { ReplyInfo } from '../../client/api.ts';
import { FEED_ENTRIES_MAX, type FeedEntry } from '../../contract/watches.ts';
import { Ring } from '../util/ring.ts';
import { formatServer } from '../../client/connect-string.ts';

/** How long an entry may be held back for its values. */
const HOLD_MS = 1_000;

type NewEntry = Pick<FeedEntry, 'kind' | 'type'> & Partial<Omit<FeedEntry, 'connectionId' | 'seq' | 'kind' | 'type'>>;

export class Feed {
  readonly #connectionId: string;
  readonly #clock: Clock;
  readonly #ring = new Ring<FeedEntry>(FEED_ENTRIES_MAX);
  readonly #held = new Map<number, CancelTimer>();
  readonly #onNew: () => void;

  /** @param onNew called when there is something to send */
  constructor(connectionId: string, clock: Clock, onNew: () => void) {
    this.#connectionId = connectionId;
    this.#clock = clock;
    this.#onNew = onNew;
  }

  add(entry: NewEntry): FeedEntry {
    const added = this.#push(entry);
    this.#onNew();
    return added;
  }

  /** A write of ours that the server confirmed. */
  addWrite(type: string, path: string, reply: ReplyInfo | null, detail: string | null = null): void {
    this.add({
      kind: 'write',
      type,
      path,
      detail,
      // Not the reply's own time: an event may have been noted since, and times would run backwards in the feed.
      ...(reply === null ? {} : { zxid: reply.zxid, server: formatServer(reply.server) }),
    });
  }

  /** Adds an entry and holds it until `complete` is called for it, at most a second. */
  addHeld(entry: NewEntry): FeedEntry {
    const added = this.#push(entry);
    this.#held.set(added.seq, this.#clock.after(HOLD_MS, () => this.#release(added.seq)));
    this.#onNew();
    return added;
  }

  /** Ends the hold, with a fuller version of the entry where there is one. */
  complete(entry: FeedEntry): void {
    this.#ring.replace(entry);
    this.#release(entry.seq);
  }

  /** The entries after a number that may be sent: up to the first that is held back. */
  after(seq: number): FeedEntry[] {
    const entries = this.#ring.after(seq);
    if (this.#held.size === 0) return entries;
    const firstHeld = Math.min(...this.#held.keys());
    return entries.filter((entry) => entry.seq < firstHeld);
  }

  stop(): void {
    for (const cancel of this.#held.values()) cancel();
    this.#held.clear();
  }

  #push(entry: NewEntry): FeedEntry {
    return this.#ring.push((seq) => ({
      atMs: this.#clock.wallMs(),
      path: null,
      zxid: null,
      server: null,
      detail: null,
      watchId: null,
      ...entry,
      connectionId: this.#connectionId,
      seq,
    }));
  }

  #release(seq: number): void {
    const cancel = this.#held.get(seq);
    if (cancel === undefined) return;
    cancel();
    this.#held.delete(seq);
    this.#onNew();
  }
}
