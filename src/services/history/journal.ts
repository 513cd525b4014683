/**
 * What this app overwrote and deleted, on disk before it did. One file for each operation, and an index of them all.
 * Must hold: `keep` resolves only when the images would survive a power cut; what does not fit any more goes oldest
 * first, and never the operation that is under way, nor the newest; what cannot be read does not keep the rest away.
 */

import * as v from 'valibot';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import { HistoryOperation } from '../../contract/history.ts';
import { UsageError, ZooError } from '../../model/errors.ts';
import type { LogFolder } from '../ports.ts';
import type { BeforeImage, BeforeSink } from '../transfer/api.ts';
import type { AppendLog, Base64 } from '../transfer/ports.ts';
import { newId } from '../util/ids.ts';
import { entryLine, parseEntry, type KeptImage } from './entry.ts';

/** Bytes of all operations together; the oldest are forgotten beyond it, but for the newest one. */
export const HISTORY_BYTES_MAX = 200 * 1024 * 1024;
export const HISTORY_OPERATIONS_MAX = 5_000;
const INDEX = 'index.log';
/** The index is written anew when it has this many times as many lines as there are operations. */
const INDEX_SLACK = 8;
const INDEX_LINES_MIN = 1_000;

type Operation = HistoryOperation;

/** What an operation is begun with. */
export type OperationFacts = Pick<Operation, 'ensemble' | 'profileId' | 'kind' | 'path'>;

const IndexLine = v.union([
  v.object({ op: HistoryOperation }),
  v.object({ end: v.object({ operationId: v.string(), nodes: v.number(), bytes: v.number(), fileBytes: v.number() }) }),
  v.object({ undone: v.object({ operationId: v.string(), indexes: v.array(v.number()), whole: v.boolean() }) }),
  v.object({ forget: v.array(v.string()) }),
]);
type IndexLine = v.InferOutput<typeof IndexLine>;

interface Known {
  operation: Operation;
  fileBytes: number;
  readonly undone: Set<number>;
}

/** One operation being written down. */
export interface OpenOperation extends BeforeSink {
  readonly operationId: string;
  /** Nodes that are kept so far. */
  readonly nodes: number;
  /** @param after see KeptImage; what an image says of itself goes before */
  keep(images: readonly BeforeImage[], after?: string | null): Promise<void>;
  /** It is over. One that kept nothing leaves nothing; called again, it does nothing. Never rejects. */
  end(): Promise<void>;
}

export interface JournalParts {
  readonly folder: LogFolder;
  readonly base64: Base64;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly onChanged: (operation: Operation) => void;
  readonly onForgotten: (operationIds: readonly string[] | null) => void;
  readonly bytesMax?: number;
}

export class Journal {
  readonly #parts: JournalParts;
  readonly #known = new Map<string, Known>();
  readonly #open = new Set<string>();
  readonly #index: AppendLog;
  #indexLines = 0;
  #loading: Promise<void> | null = null;

  constructor(parts: JournalParts) {
    this.#parts = parts;
    this.#index = parts.folder.log(INDEX);
  }

  /**
   * Begins an operation. Nothing is written before the first node is kept.
   *
   * @throws UsageError FileFailed when the journal cannot be read: then nothing may be overwritten
   */
  async begin(facts: OperationFacts): Promise<OpenOperation> {
    await this.#load();
    return new Writing(this, { ...facts, operationId: newId(this.#parts.random), atMs: this.#parts.clock.wallMs(), nodes: 0, bytes: 0, state: 'kept' });
  }

  /** Newest first. */
  async operations(): Promise<readonly Operation[]> {
    await this.#load();
    return [...this.#known.values()].map(({ operation }) => operation).reverse();
  }

  async bytesOnDisk(): Promise<number> {
    await this.#load();
    let bytes = 0;
    for (const { fileBytes } of this.#known.values()) bytes += fileBytes;
    return bytes;
  }

  /** @throws UsageError UnknownOperation */
  async get(operationId: string): Promise<{ readonly operation: Operation; readonly undone: ReadonlySet<number> }> {
    await this.#load();
    const known = this.#known.get(operationId);
    if (known === undefined) throw new UsageError('UnknownOperation', 'History does not have this operation any more');
    return known;
  }

  /**
   * What an operation kept, in the order in which it did. Damaged lines are passed over: then there are fewer than its
   * `nodes`.
   *
   * @throws UsageError UnknownOperation, FileFailed
   */
  async *entries(operationId: string): AsyncGenerator<KeptImage> {
    await this.get(operationId);
    const log = this.#log(operationId);
    try {
      for await (const line of log.read()) {
        const image = this.#parse(line, operationId);
        if (image !== null) yield image;
      }
    } finally {
      if (!this.#open.has(operationId)) await log.close();
    }
  }

  /** These entries were put back. @param whole whether nothing of the operation is left to be undone */
  async markUndone(operationId: string, indexes: readonly number[], whole: boolean): Promise<void> {
    const known = this.#known.get(operationId);
    if (known === undefined) return;
    for (const index of indexes) known.undone.add(index);
    known.operation = { ...known.operation, state: whole ? 'undone' : 'partly' };
    await this.#write([{ undone: { operationId, indexes: [...indexes], whole } }]);
    this.#parts.onChanged(known.operation);
  }

  /** Forgets operations for good. @param operationIds null: all that are not under way */
  async forget(operationIds: readonly string[] | null): Promise<void> {
    await this.#load();
    const ids = (operationIds ?? [...this.#known.keys()]).filter((id) => this.#known.has(id) && !this.#open.has(id));
    if (ids.length === 0) return;
    await this.#write([{ forget: ids }]);
    for (const id of ids) {
      this.#known.delete(id);
      await this.#parts.folder.remove(fileOf(id));
    }
    this.#parts.onForgotten(operationIds === null ? null : ids);
  }

  /** For the operation being written. */
  async start(operation: Operation): Promise<AppendLog> {
    await this.#write([{ op: operation }]);
    this.#known.set(operation.operationId, { operation, fileBytes: 0, undone: new Set() });
    this.#open.add(operation.operationId);
    return this.#log(operation.operationId);
  }

  /** For the operation being written: it is over. What cannot be written down of that is logged: the images are safe. */
  async finish(log: AppendLog, operation: Operation, fileBytes: number): Promise<void> {
    const { operationId, nodes, bytes } = operation;
    this.#open.delete(operationId);
    this.#known.set(operationId, { operation, fileBytes, undone: new Set() });
    this.#parts.onChanged(operation);
    try {
      await log.close();
      await this.#write([{ end: { operationId, nodes, bytes, fileBytes } }]);
      await this.#makeRoom();
    } catch (error) {
      if (!(error instanceof ZooError)) throw error;
      this.#parts.logger.log('warn', 'the end of an operation could not be written to History', { reason: error.message });
    }
  }

  get base64(): Base64 {
    return this.#parts.base64;
  }

  #log(operationId: string): AppendLog {
    return this.#parts.folder.log(fileOf(operationId));
  }

  #load(): Promise<void> {
    this.#loading ??= this.#read().catch((error: unknown) => {
      this.#loading = null;
      throw error;
    });
    return this.#loading;
  }

  async #read(): Promise<void> {
    this.#known.clear();
    this.#indexLines = 0;
    for await (const text of this.#index.read()) {
      this.#indexLines++;
      const line = parseIndex(text);
      if (line === null) this.#parts.logger.log('warn', 'a line of the history index cannot be read');
      else this.#take(line);
    }
    for (const [operationId, known] of this.#known) if (known.operation.state === 'kept') await this.#tryRecount(operationId, known);
  }

  /** One operation that cannot be read is no reason to keep nothing any more. */
  async #tryRecount(operationId: string, known: Known): Promise<void> {
    try {
      await this.#recount(operationId, known);
    } catch (error) {
      if (!(error instanceof ZooError)) throw error;
      this.#parts.logger.log('warn', 'an operation of History cannot be read', { operationId, reason: error.message });
    }
  }

  #parse(line: string, operationId: string): KeptImage | null {
    try {
      return parseEntry(line, this.#parts.base64);
    } catch (error) {
      if (!(error instanceof ZooError)) throw error;
      this.#parts.logger.log('warn', 'a line of an operation of History cannot be read', { operationId });
      return null;
    }
  }

  /** The app ended in the middle of it: what was kept is counted, whether it took place is not known. */
  async #recount(operationId: string, known: Known): Promise<void> {
    const log = this.#log(operationId);
    let nodes = 0;
    let bytes = 0;
    let fileBytes = 0;
    for await (const line of log.read()) {
      fileBytes += line.length + 1;
      const image = this.#parse(line, operationId);
      if (image === null) continue;
      nodes++;
      bytes += image.data?.length ?? 0;
    }
    await log.close();
    known.operation = { ...known.operation, nodes, bytes };
    known.fileBytes = fileBytes;
  }

  #take(line: IndexLine): void {
    if ('op' in line) {
      this.#known.set(line.op.operationId, { operation: line.op, fileBytes: 0, undone: new Set() });
    } else if ('end' in line) {
      const known = this.#known.get(line.end.operationId);
      if (known === undefined) return;
      const { nodes, bytes, fileBytes } = line.end;
      known.operation = { ...known.operation, nodes, bytes, state: 'done' };
      known.fileBytes = fileBytes;
    } else if ('undone' in line) {
      const known = this.#known.get(line.undone.operationId);
      if (known === undefined) return;
      for (const index of line.undone.indexes) known.undone.add(index);
      known.operation = { ...known.operation, state: line.undone.whole ? 'undone' : 'partly' };
    } else {
      for (const id of line.forget) this.#known.delete(id);
    }
  }

  async #write(lines: readonly IndexLine[]): Promise<void> {
    this.#indexLines += lines.length;
    await this.#index.append(lines.map((line) => JSON.stringify(line)));
    if (this.#indexLines > Math.max(INDEX_LINES_MIN, this.#known.size * INDEX_SLACK)) await this.#compact();
  }

  async #compact(): Promise<void> {
    const lines: IndexLine[] = [];
    for (const [operationId, { operation, fileBytes, undone }] of this.#known) {
      lines.push({ op: operation });
      const { nodes, bytes, state } = operation;
      if (state !== 'kept') lines.push({ end: { operationId, nodes, bytes, fileBytes } });
      if (undone.size > 0) lines.push({ undone: { operationId, indexes: [...undone], whole: state === 'undone' } });
    }
    this.#indexLines = lines.length;
    await this.#index.replace(lines.map((line) => JSON.stringify(line)));
  }

  async #makeRoom(): Promise<void> {
    const { bytesMax = HISTORY_BYTES_MAX } = this.#parts;
    let bytes = await this.bytesOnDisk();
    const gone: string[] = [];
    // The newest is what a person most likely wants back, however large it is.
    for (const [id, { fileBytes }] of [...this.#known].slice(0, -1)) {
      if (bytes <= bytesMax && this.#known.size - gone.length <= HISTORY_OPERATIONS_MAX) break;
      if (this.#open.has(id)) continue;
      gone.push(id);
      bytes -= fileBytes;
    }
    if (gone.length > 0) await this.forget(gone);
  }
}

class Writing implements OpenOperation {
  readonly #journal: Journal;
  #operation: Operation;
  #log: Promise<AppendLog> | null = null;
  #fileBytes = 0;

  constructor(journal: Journal, operation: Operation) {
    this.#journal = journal;
    this.#operation = operation;
  }

  get operationId(): string {
    return this.#operation.operationId;
  }

  get nodes(): number {
    return this.#operation.nodes;
  }

  async keep(images: readonly BeforeImage[], after: string | null = null): Promise<void> {
    if (images.length === 0) return;
    this.#log ??= this.#journal.start(this.#operation).catch((error: unknown) => {
      this.#log = null;
      throw error;
    });
    const log = await this.#log;
    const lines = images.map((image) => entryLine({ ...image, after: image.after ?? after }, this.#journal.base64));
    await log.append(lines);
    let bytes = 0;
    for (const { data } of images) bytes += data?.length ?? 0;
    for (const line of lines) this.#fileBytes += line.length + 1;
    this.#operation = { ...this.#operation, nodes: this.nodes + images.length, bytes: this.#operation.bytes + bytes };
  }

  async end(): Promise<void> {
    const log = this.#log;
    if (log === null) return;
    this.#log = null;
    this.#operation = { ...this.#operation, state: 'done' };
    await this.#journal.finish(await log, this.#operation, this.#fileBytes);
  }
}

const fileOf = (operationId: string): string => `${operationId}.log`;

function parseIndex(text: string): IndexLine | null {
  try {
    const parsed = v.safeParse(IndexLine, JSON.parse(text));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}
