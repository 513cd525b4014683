/**
 * What a job writes down so that it can go on after a crash: what it is, how far it is, what it is about to touch, and
 * what was left. Must hold: a checkpoint speaks of nothing that is not done; the log does not grow with the subtree.
 */

import { UsageError } from '../../model/errors.ts';
import { formatId, parseId } from '../../model/zxid.ts';
import type { JobItem, JobPhase } from './api.ts';
import { compareRelative } from './order.ts';
import type { AppendLog } from './ports.ts';
import { equalData, sameAcls, type NodeRecord } from './record.ts';
import { LOGGED_ITEMS_MAX, type ReportState } from './report.ts';

const LOG_VERSION = 1;
/** A log that grew by this much is written anew without what is past, bytes. */
const COMPACT_BYTES = 4 * 1024 * 1024;

/** What is still to be done to a node when everything below it is through. By its depth below the root. */
export interface Postponed {
  readonly depth: number;
  readonly act: 'remove' | 'setAcl';
  /** Of the data for a removal, of the ACL for the rest. */
  readonly version: number;
  readonly aversion: number;
  /** Empty: the job made it. */
  readonly czxid: string;
  /** As model/acl.ts has it; for setAcl. */
  readonly acl: NodeRecord['acl'];
  /** The node is counted already. */
  readonly second: boolean;
  /** Something below it was left: it cannot be removed. */
  readonly blocked: boolean;
}

export interface Checkpoint extends ReportState {
  readonly phase: JobPhase;
  /** Every node up to this one, in the one order, is through; null: none. */
  readonly at: string | null;
  readonly nodes: number;
  readonly bytes: number;
  readonly zxidBefore: string | null;
  readonly postponed: readonly Postponed[];
  /** Of an export: what is whole up to `at`. */
  readonly fileBytes: number | null;
}

/** A node that the job was about to change: what it was then. */
export interface Touch {
  readonly path: string;
  /** Null: the job created it. */
  readonly czxid: string | null;
  readonly version: number;
  readonly aversion: number;
}

/** What an interrupted job left. */
export interface Resumption {
  /** Whether there was an interrupted job at all. */
  readonly begun: boolean;
  readonly checkpoint: Checkpoint | null;
  readonly items: readonly JobItem[];
}

type Line =
  | { readonly job: number; readonly work: string }
  | { readonly item: JobItem }
  | { readonly touch: readonly Touch[] }
  | { readonly checkpoint: Checkpoint };

export class JobLog {
  readonly #log: AppendLog | null;
  readonly #work: string;
  #items: JobItem[] = [];
  #touches = new Map<string, Touch>();
  #checkpoint: Checkpoint | null = null;
  #grown = 0;
  #busy: Promise<void> = Promise.resolve();
  #next: { readonly items: readonly JobItem[]; readonly checkpoint: Checkpoint } | null = null;
  #failure: { readonly error: unknown } | null = null;

  /**
   * @param log null: nothing is written down
   * @param work what the job is, the same text for the same work
   */
  constructor(log: AppendLog | null, work: string) {
    this.#log = log;
    this.#work = work;
  }

  get keeps(): boolean {
    return this.#log !== null;
  }

  /**
   * Reads what is there, and begins where nothing is.
   *
   * @throws UsageError LogMismatch when it is the log of another work; FileFailed
   */
  async open(): Promise<Resumption> {
    const log = this.#log;
    if (log === null) return { begun: false, checkpoint: null, items: [] };
    let lines = 0;
    let unsettled: JobItem[] = [];
    for await (const text of log.read()) {
      const line = parseLine(text);
      lines++;
      if (lines === 1) this.#check(line);
      else if ('item' in line) unsettled.push(line.item);
      else if ('touch' in line) for (const touch of line.touch) this.#touches.set(touch.path, touch);
      else if ('checkpoint' in line) {
        this.#settle(line.checkpoint, unsettled);
        unsettled = [];
      }
    }
    if (lines === 0) await log.append([this.#opening]);
    return { begun: lines > 0, checkpoint: this.#checkpoint, items: this.#items };
  }

  /**
   * Whether the job itself had begun to change a node, and nobody else has since. A step that it has taken led to what
   * is wanted; one that led elsewhere is somebody else's.
   */
  isOurs(path: string, now: NodeRecord, want: NodeRecord): boolean {
    const touch = this.#touches.get(path);
    if (touch === undefined || now.stat === null) return false;
    const { czxid, version, aversion } = now.stat;
    if (touch.czxid === null) return version === 0 && aversion <= 1;
    if (touch.czxid !== formatId(czxid)) return false;
    const [data, acl] = [version - touch.version, aversion - touch.aversion];
    if (data > 1 || acl > 1 || (data === 1 && !equalData(now.data, want.data))) return false;
    return acl !== 1 || (now.acl !== null && want.acl !== null && sameAcls(now.acl, want.acl));
  }

  /** Writes down what will be touched; durable when it resolves. @throws UsageError FileFailed */
  async touch(touches: readonly Touch[]): Promise<void> {
    if (this.#log === null || touches.length === 0) return;
    for (const touch of touches) this.#touches.set(touch.path, touch);
    await this.#append([JSON.stringify({ touch: touches } satisfies Line)]);
  }

  /**
   * Writes down how far the job is, soon; of several that come while one is written only the last is.
   *
   * @param items what is to be remembered of the nodes up to it, since the last checkpoint
   */
  checkpoint(checkpoint: Checkpoint, items: readonly JobItem[]): void {
    if (this.#log === null) return;
    const waiting = this.#next;
    this.#next = { items: waiting === null ? items : [...waiting.items, ...items], checkpoint };
    if (waiting === null) this.#enqueue(() => this.#writeNext()).catch(() => undefined);
  }

  /** Waits until everything is written. @throws UsageError FileFailed, once */
  async flush(): Promise<void> {
    await this.#busy;
    this.throwFailure();
  }

  /** @throws what a checkpoint failed with */
  throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  get #opening(): string {
    return JSON.stringify({ job: LOG_VERSION, work: this.#work } satisfies Line);
  }

  #check(line: Line): void {
    if (!('job' in line) || line.job !== LOG_VERSION) throw new UsageError('LogMismatch', 'this is not the log of a job');
    if (line.work !== this.#work) throw new UsageError('LogMismatch', 'the interrupted job was another: it cannot be gone on with by this one');
  }

  /** What lies behind the checkpoint is all that touches are asked for. */
  #settle(checkpoint: Checkpoint, items: readonly JobItem[]): void {
    this.#checkpoint = checkpoint;
    for (const item of items) if (this.#items.length < LOGGED_ITEMS_MAX) this.#items.push(item);
    for (const path of this.#touches.keys()) {
      if (checkpoint.at !== null && compareRelative(path, checkpoint.at) <= 0) this.#touches.delete(path);
    }
  }

  async #writeNext(): Promise<void> {
    if (this.#next === null) return;
    const { items, checkpoint } = this.#next;
    this.#next = null;
    this.#settle(checkpoint, items);
    const lines = [...items.map((item) => JSON.stringify({ item } satisfies Line)), JSON.stringify({ checkpoint } satisfies Line)];
    if (this.#grown > COMPACT_BYTES) await this.#compact();
    else await this.#write(lines);
  }

  #append(lines: readonly string[]): Promise<void> {
    return this.#enqueue(() => this.#write(lines));
  }

  /** One after the other: the order of lines is what a resumption goes by. */
  #enqueue(write: () => Promise<void>): Promise<void> {
    const done = this.#busy.then(write);
    this.#busy = done.catch((error: unknown) => {
      this.#failure ??= { error };
    });
    return done;
  }

  async #write(lines: readonly string[]): Promise<void> {
    for (const line of lines) this.#grown += line.length + 1;
    await this.#log?.append(lines);
  }

  async #compact(): Promise<void> {
    const touches = [...this.#touches.values()];
    const lines = [this.#opening, ...this.#items.map((item) => JSON.stringify({ item } satisfies Line))];
    if (touches.length > 0) lines.push(JSON.stringify({ touch: touches } satisfies Line));
    lines.push(JSON.stringify({ checkpoint: this.#checkpoint as Checkpoint } satisfies Line));
    this.#grown = 0;
    await this.#log?.replace(lines);
  }
}

function parseLine(text: string): Line {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Line;
  } catch {
    // Said below.
  }
  throw new UsageError('LogMismatch', 'the log of the interrupted job cannot be read');
}

/** What a node was when it was about to be changed. */
export function touchOf(path: string, now: NodeRecord | null): Touch {
  const stat = now?.stat ?? null;
  return stat === null
    ? { path, czxid: null, version: 0, aversion: 0 }
    : { path, czxid: formatId(stat.czxid), version: stat.version, aversion: stat.aversion };
}

/** A zxid of a checkpoint. */
export function zxidOf(text: string | null): bigint | null {
  return text === null ? null : parseId(text);
}
