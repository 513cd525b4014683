/**
 * The target's nodes for a stream of the source's: each is looked up, far ahead, and nothing below a node that is not
 * there is asked for. It costs what the source's nodes cost, however large the target is.
 */

import type { Endpoint } from '../endpoint.ts';
import { absolutePath, isAtOrBelow } from '../order.ts';
import type { NodeRecord } from '../record.ts';
import { isSystemPath } from '../rules.ts';
import { isLeft, type LeftNode, type SourceEntry } from '../source.ts';
import { ReadBatch, leftHead, NodeReader, type Absent, type Data, type Head } from './node-reader.ts';
import { heldBytes, type Entries, type Pair } from './pairs.ts';

const AHEAD_NODES = 1_024;
const AHEAD_BYTES = 8 * 1024 * 1024;
const BATCH_NODES = 256;
const FEW_ASKED = 16;

/** What is known of a node by those below it: all that is kept of it when it is through. */
interface Place {
  readonly relative: string;
  there: 'unknown' | 'yes' | 'no';
}

/** One node that is looked up. */
interface Query {
  readonly a: SourceEntry;
  readonly path: string;
  readonly place: Place;
  readonly parent: Place | null;
  state: 'new' | 'asked' | 'headed' | 'wanted' | 'done';
  head: Head | null;
  b: SourceEntry | null;
}

export interface LookupOptions {
  readonly acl: boolean;
  /** Whether the target's data is read. */
  readonly data: boolean;
}

export class Lookup {
  readonly #endpoint: Endpoint;
  readonly #root: string;
  readonly #reader: NodeReader;
  readonly #options: LookupOptions;
  readonly #batch: ReadBatch<Query>;
  #chroot = '';
  #queue: Query[] = [];
  /** The last node and what is above it. */
  readonly #lineage: Place[] = [];
  #bytes = 0;
  #asked = 0;
  #pulling = false;
  #ended = false;
  #over = false;
  #planDue = false;
  #failure: { readonly error: unknown } | null = null;
  #wake: (() => void) | null = null;

  /** @param root the target's, absolute, without the chroot. The endpoint must be prepared. */
  constructor(endpoint: Endpoint, root: string, options: LookupOptions) {
    this.#endpoint = endpoint;
    this.#root = root;
    this.#options = options;
    this.#reader = new NodeReader(endpoint, options.acl);
    this.#batch = new ReadBatch(endpoint, (query) => query.path, (queries) => this.#askData(queries));
  }

  /** The source's nodes, each with the target's. @throws as RecordSource.read */
  async *pairs(entries: Entries): AsyncGenerator<readonly Pair[]> {
    this.#chroot = (await this.#endpoint.client()).chroot;
    const source = entries[Symbol.asyncIterator]();
    try {
      for (;;) {
        this.#pull(source);
        this.#plan();
        const batch = this.#take();
        if (batch.length > 0) yield batch;
        else if (this.#failure !== null) throw this.#failure.error;
        else if (this.#ended && this.#queue.length === 0) return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#over = true;
      await source.return?.();
    }
  }

  /** The source reads ahead as far as there is room for what it brings. */
  #pull(source: AsyncIterator<readonly SourceEntry[]>): void {
    if (this.#pulling || this.#ended || this.#queue.length >= AHEAD_NODES || this.#bytes >= AHEAD_BYTES) return;
    this.#pulling = true;
    source
      .next()
      .then((next) => {
        this.#pulling = false;
        if (next.done === true) this.#ended = true;
        else for (const entry of next.value) this.#add(entry);
        this.#planSoon();
        if (!this.#over) this.#pull(source);
      })
      .catch((error: unknown) => this.#fail(error));
  }

  #add(a: SourceEntry): void {
    const lineage = this.#lineage;
    while (lineage.length > 0 && !isAtOrBelow(a.path, (lineage[lineage.length - 1] as Place).relative)) lineage.pop();
    const place: Place = { relative: a.path, there: 'unknown' };
    const path = absolutePath(this.#root, a.path);
    const query: Query = { a, path, place, parent: lineage[lineage.length - 1] ?? null, state: 'new', head: null, b: null };
    lineage.push(place);
    this.#queue.push(query);
    this.#bytes += heldBytes(a);
  }

  #take(): Pair[] {
    let count = 0;
    while (count < BATCH_NODES && this.#queue[count]?.state === 'done') count++;
    if (count === 0) return [];
    return this.#queue.splice(0, count).map(({ a, b }) => {
      this.#bytes -= heldBytes(a) + heldBytes(b);
      return { path: a.path, a, b };
    });
  }

  #planSoon(): void {
    this.#wake?.();
    this.#wake = null;
    if (this.#planDue) return;
    this.#planDue = true;
    void Promise.resolve().then(() => {
      this.#planDue = false;
      this.#plan();
    });
  }

  #plan(): void {
    if (this.#over || this.#failure !== null) return;
    const { pace } = this.#endpoint;
    this.#queue.forEach((query, index) => {
      if (query.state === 'new') this.#begin(query, pace.hasRoom);
      if (query.state !== 'headed') return;
      const { dataLength } = (query.head as Head).stat;
      if (index > 0 && this.#bytes + dataLength > AHEAD_BYTES * 2) return;
      query.state = 'wanted';
      this.#bytes += dataLength;
      this.#batch.add(query, dataLength);
    });
    if (this.#asked < FEW_ASKED) this.#batch.flush();
    if (this.#asked === 0 && !pace.hasRoom) void pace.room().then(() => this.#planSoon());
  }

  /** What is not there has nothing below it, and what is not to be written is not looked up. */
  #begin(query: Query, hasRoom: boolean): void {
    const { a, parent } = query;
    if (isLeft(a) && a.left !== 'vanished') this.#finish(query, null);
    else if (isSystemPath({ chroot: this.#chroot }, query.path)) this.#finish(query, leftNode(query, 'system', null));
    else if (parent?.there === 'no') this.#finish(query, null);
    else if (hasRoom && parent?.there !== 'unknown') this.#askHead(query);
  }

  #askHead(query: Query): void {
    query.state = 'asked';
    this.#ask(this.#reader.head(query.path), (head) => {
      if (head.absent !== null) this.#absent(query, head);
      else {
        query.head = head;
        query.place.there = 'yes';
        if (head.stat.ephemeralOwner !== 0n || !this.#options.data) this.#finish(query, this.#record(query, null));
        else query.state = 'headed';
      }
    });
  }

  #askData(queries: readonly Query[]): void {
    this.#ask(this.#reader.readMany(queries.map(({ path }) => ({ path, part: 'data' }))), (results) => {
      queries.forEach((query, i) => this.#gotData(query, results[i] as Data | Absent));
    });
  }

  #gotData(query: Query, result: Data | Absent): void {
    this.#bytes -= (query.head as Head).stat.dataLength;
    if (result.absent !== null) {
      this.#absent(query, result);
      return;
    }
    query.head = { ...(query.head as Head), stat: result.stat };
    this.#finish(query, this.#record(query, result.data));
    this.#bytes += heldBytes(query.b);
  }

  #record(query: Query, data: Uint8Array | null): NodeRecord {
    const { stat, acl, masked } = query.head as Head;
    const kind = stat.ephemeralOwner === 0n ? 'persistent' : 'ephemeral';
    return { path: query.a.path, kind, ttlMs: null, data, acl, aclMasked: masked, stat, changed: false };
  }

  #absent(query: Query, { absent, message }: Absent): void {
    this.#finish(query, absent === 'vanished' ? null : { ...leftNode(query, absent, message), ...leftHead(query.head) });
  }

  #finish(query: Query, b: SourceEntry | null): void {
    query.b = b;
    query.state = 'done';
    query.place.there = b === null || isLeft(b) ? 'no' : 'yes';
  }

  #ask<T>(asked: Promise<T>, got: (answer: T) => void): void {
    this.#asked++;
    asked
      .then((answer) => {
        this.#asked--;
        got(answer);
        this.#planSoon();
      })
      .catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#planSoon();
  }
}

function leftNode(query: Query, left: LeftNode['left'], message: string | null): LeftNode {
  return { path: query.a.path, left, kind: 'persistent', message };
}
