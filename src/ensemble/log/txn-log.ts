/**
 * The transaction log being written: `log.<zxid>` files in ZooKeeper's format. In: transactions in order. Out: a
 * promise for each sync. Must hold: a sync resolves only when everything appended before it would survive a power cut;
 * after a failed write nothing is ever said to be durable again.
 */

import { invariant } from '../../base/invariant.ts';
import { formatId } from '../../model/zxid.ts';
import type { Storage, StorageFile } from './storage.ts';
import { logName } from './file-names.ts';
import { LogBatch } from './log-batch.ts';
import { LOG_HEADER_BYTES, logHeader } from './log-format.ts';
import { BATCH_TXNS_MAX } from './log-tail.ts';
import { StorageError } from './storage-error.ts';

export interface TxnLogOptions {
  /** Room made ahead, in bytes (preAllocSize): 64 MiB unless said otherwise, 0 for none. */
  readonly preallocateBytes?: number;
  /** forceSync=no: `sync` hands the bytes to the system but does not wait for the disk. */
  readonly forceSync?: boolean;
  /** txnLogSizeLimitInKb, in bytes: a file that has grown past it is followed by a new one. 0: no limit. */
  readonly fileBytesMax?: number;
}

const PREALLOCATE_BYTES = 64 * 1024 * 1024;
/** Room is made when less than this is left (FilePadding). */
const ROOM_LEFT_BYTES = 4096;

/** What is appended to one file and not yet handed to the storage. */
interface Segment {
  /** The file to begin; null to go on with the current one. */
  readonly begins: string | null;
  /** Synced one by one: recovery counts on it that never more than a batch is on its way to the disk. */
  readonly batches: LogBatch[];
}

interface OpenFile {
  readonly file: StorageFile;
  written: number;
  size: number;
}

export class TxnLog {
  readonly #storage: Storage;
  readonly #preallocateBytes: number;
  readonly #forceSync: boolean;
  readonly #fileBytesMax: number;
  #waiting: Segment[] = [];
  /** Written, and ready to be filled again. */
  #spare: LogBatch | null = null;
  #open: OpenFile | null = null;
  #rolled = true;
  #fileBytes = 0;
  #bytesAppended = 0;
  #lastZxid: bigint | null = null;
  /** The sync under way, and the one that begins after it. */
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #failure: StorageError | null = null;

  constructor(storage: Storage, options: TxnLogOptions = {}) {
    this.#storage = storage;
    this.#preallocateBytes = options.preallocateBytes ?? PREALLOCATE_BYTES;
    this.#forceSync = options.forceSync ?? true;
    this.#fileBytesMax = options.fileBytesMax ?? 0;
  }

  /** Bytes of the current file, what is not synced yet included; 0 before its first transaction. */
  get fileBytes(): number {
    return this.#fileBytes;
  }

  /** Bytes appended since this log was made, over all files: the cadence of snapshots. */
  get bytesAppended(): number {
    return this.#bytesAppended;
  }

  /** The last transaction appended, or null. */
  get lastZxid(): bigint | null {
    return this.#lastZxid;
  }

  /** True when everything appended is durable. */
  get idle(): boolean {
    return this.#waiting.length === 0 && this.#running === null;
  }

  /**
   * Takes one transaction in; it is durable when a `sync` called later has resolved.
   *
   * @param bytes what encodeTransaction gave, which is copied
   * @param zxid must be greater than the last one
   */
  append(bytes: Uint8Array, zxid: bigint): void {
    // Asked first: every write passes here, and the messages take longer to make than the rest.
    if (bytes.length === 0) invariant(false, `an empty transaction ${formatId(zxid)}`);
    if (this.#lastZxid !== null && zxid <= this.#lastZxid) invariant(false, `${formatId(zxid)} logged after ${formatId(this.#lastZxid)}`);
    this.#lastZxid = zxid;
    if (this.#rolled) this.#begin(logName(zxid));
    const entryBytes = this.#batch().add(bytes);
    this.#fileBytes += entryBytes;
    this.#bytesAppended += entryBytes;
    if (this.#fileBytesMax > 0 && this.#fileBytes > this.#fileBytesMax) this.#rolled = true;
  }

  /**
   * Resolves when everything appended before the call is durable. Calls that come while the disk is busy share the
   * next fsync.
   *
   * @throws StorageError WriteFailed, now and at every later call
   */
  sync(): Promise<void> {
    if (this.#running === null) return this.#start();
    this.#next ??= this.#running.then(
      () => this.#startNext(),
      () => this.#startNext(),
    );
    return this.#next;
  }

  /** The next transaction begins a new file. */
  roll(): void {
    this.#rolled = true;
  }

  /** Syncs and closes. @throws StorageError */
  async close(): Promise<void> {
    try {
      await this.sync();
    } finally {
      const open = this.#open;
      this.#open = null;
      this.#rolled = true;
      await open?.file.close();
    }
  }

  #begin(name: string): void {
    this.#rolled = false;
    this.#waiting.push({ begins: name, batches: [] });
    this.#fileBytes = LOG_HEADER_BYTES;
  }

  /** The one that the next transaction goes to. */
  #batch(): LogBatch {
    if (this.#waiting.length === 0) this.#waiting.push({ begins: null, batches: [] });
    const { batches } = this.#waiting.at(-1) as Segment;
    const last = batches.at(-1);
    if (last !== undefined && last.count < BATCH_TXNS_MAX) return last;
    const fresh = this.#spare ?? new LogBatch();
    this.#spare = null;
    batches.push(fresh);
    return fresh;
  }

  #startNext(): Promise<void> {
    this.#next = null;
    return this.#start();
  }

  #start(): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#waiting.length === 0) return Promise.resolve();
    const segments = this.#waiting;
    this.#waiting = [];
    const running = this.#write(segments).finally(() => {
      this.#running = null;
    });
    this.#running = running;
    return running;
  }

  async #write(segments: readonly Segment[]): Promise<void> {
    try {
      for (const segment of segments) {
        if (segment.begins !== null) await this.#change(segment.begins);
        for (const [at, batch] of segment.batches.entries()) {
          if (at > 0 && this.#forceSync) await this.#open?.file.sync();
          await this.#put(batch.bytes);
          batch.clear();
          this.#spare = batch;
        }
      }
      if (this.#forceSync) await this.#open?.file.sync();
    } catch (error) {
      this.#failure = new StorageError(
        'WriteFailed',
        `the transaction log cannot be written: ${String(error)}. Nothing after the last acknowledged write is durable; ` +
          'the server must stop. Check the disk for space and errors before it is started again.',
      );
      throw this.#failure;
    }
  }

  async #change(name: string): Promise<void> {
    const before = this.#open;
    this.#open = null;
    if (before !== null) {
      if (this.#forceSync) await before.file.sync();
      await before.file.close();
    }
    this.#open = { file: await this.#storage.create(name, logHeader()), written: LOG_HEADER_BYTES, size: 0 };
  }

  async #put(bytes: Uint8Array): Promise<void> {
    const open = this.#open;
    invariant(open !== null, 'a log entry without a file');
    const end = open.written + bytes.length;
    await this.#makeRoom(open, end);
    await open.file.append(bytes);
    open.written = end;
  }

  async #makeRoom(open: OpenFile, end: number): Promise<void> {
    const step = this.#preallocateBytes;
    if (step <= 0 || end + ROOM_LEFT_BYTES < open.size) return;
    // Apache's first size is the header plus one step; from then on whole steps are added.
    const base = open.size === 0 ? LOG_HEADER_BYTES : open.size;
    const steps = Math.max(1, Math.ceil((end + ROOM_LEFT_BYTES - base) / step));
    open.size = base + steps * step;
    await open.file.preallocate(open.size);
  }
}
