/**
 * Undo as a job: everything that an operation kept goes back, parents before children, level by level, so that the
 * whole operation need not be held at once. It can be run again: what is back already counts as the same.
 */

import type { Clock } from '../../base/clock.ts';
import { CancelledError, ZooError } from '../../model/errors.ts';
import type { Job, JobEnd, JobItem, JobProgress, JobState } from '../transfer/api.ts';
import { Control } from '../transfer/control.ts';
import { Endpoint, isPassing, type EndpointSource } from '../transfer/endpoint.ts';
import { Meter } from '../transfer/meter.ts';
import { isAtOrBelow, namesOf, relativePath } from '../transfer/order.ts';
import type { TransferTools } from '../transfer/ports.ts';
import { Report } from '../transfer/report.ts';
import { createThrottle, type Throttle } from '../util/throttle.ts';
import type { KeptImage } from './entry.ts';
import type { Journal, OpenOperation } from './journal.ts';
import { undoNode, type Undone } from './undo-node.ts';

export interface UndoWork {
  readonly journal: Journal;
  readonly operationId: string;
  /** The topmost path of the operation: items are relative to it. */
  readonly path: string;
  /** Null: all of them. */
  readonly indexes: ReadonlySet<number> | null;
  readonly conflicts: 'leave' | 'overwrite';
  /** What the undo itself overwrites. */
  readonly own: OpenOperation;
  readonly source: EndpointSource;
}

export interface UndoDeps {
  readonly clock: Clock;
  readonly tools: TransferTools;
  readonly onItems: (items: readonly JobItem[]) => void;
  readonly onProgress: (progress: JobProgress) => void;
}

/** An entry of the operation, and its place there. */
interface Entry {
  readonly image: KeptImage;
  readonly index: number;
}

const AT_ONCE_MAX = 32;
const PROGRESS_INTERVAL_MS = 250;

/** Makes the job; nothing happens before `run`. */
export function createUndoJob(work: UndoWork, deps: UndoDeps): Job {
  return new UndoJob(work, deps);
}

class UndoJob implements Job {
  readonly #work: UndoWork;
  readonly #control: Control;
  readonly #endpoint: Endpoint;
  readonly #meter: Meter;
  readonly #report: Report;
  readonly #throttle: Throttle;
  readonly #tools: TransferTools;
  #waiting = false;
  #ended: JobEnd['state'] | null = null;
  readonly #undone: number[] = [];
  /** The last place of nodes that the operation kept more than once; see BeforeImage.again. */
  readonly #last = new Map<string, number>();

  constructor(work: UndoWork, { clock, tools, onItems, onProgress }: UndoDeps) {
    this.#work = work;
    this.#tools = tools;
    this.#throttle = createThrottle(clock, PROGRESS_INTERVAL_MS, () => onProgress(this.progress));
    this.#control = new Control(clock, null, () => onProgress(this.progress));
    this.#endpoint = new Endpoint(work.source, clock, this.#control.signal, {
      onWaiting: (waiting) => {
        this.#waiting = waiting;
        this.#throttle.request();
      },
    });
    this.#meter = new Meter(clock);
    this.#report = new Report(onItems);
  }

  get progress(): JobProgress {
    const meter = this.#meter;
    const { pace } = this.#endpoint;
    return {
      state: this.#state,
      phase: this.#ended === null ? 'running' : 'finished',
      nodes: meter.nodes,
      nodesTotal: meter.nodesTotal,
      bytes: meter.bytes,
      counts: this.#report.counts,
      leftOut: this.#report.leftOut,
      nodesPerSecond: meter.nodesPerSecond,
      remainingMs: meter.remainingMs,
      elapsedMs: meter.elapsedMs,
      requests: this.#endpoint.requests,
      inFlight: pace.inFlight,
      latencyMs: pace.latencyMs,
      sessionsLost: this.#endpoint.sessionsLost,
      at: meter.at,
    };
  }

  async run(): Promise<JobEnd> {
    let failure: ZooError | null = null;
    try {
      await this.#undoAll();
    } catch (error) {
      if (!(error instanceof ZooError)) throw error;
      failure = error;
    } finally {
      this.#report.flush();
      await this.#endpoint.close();
      await this.#settle(failure === null).catch((error: unknown) => {
        if (!(error instanceof ZooError)) throw error;
        failure ??= error;
      });
    }
    this.#ended = failure === null ? 'done' : this.#control.cancelled ? 'cancelled' : 'stopped';
    this.#throttle.stop();
    return {
      state: this.#ended,
      failure: failure instanceof CancelledError ? null : failure,
      // Undo again from History: what is back already counts as the same.
      resumable: false,
      progress: this.progress,
      zxidBefore: null,
      zxidAfter: null,
      changed: 0,
    };
  }

  pause(): void {
    this.#control.pause();
  }

  resume(): void {
    this.#control.resume();
  }

  cancel(): void {
    this.#control.cancel();
  }

  setNodesPerSecondMax(limit: number | null): void {
    this.#control.setNodesPerSecondMax(limit);
  }

  get #state(): JobState {
    if (this.#ended !== null) return this.#ended;
    if (this.#control.paused) return 'paused';
    return this.#waiting ? 'waiting' : 'running';
  }

  async #undoAll(): Promise<void> {
    const levels = await this.#levels();
    await this.#endpoint.prepare();
    for (const level of levels) await this.#undoLevel(level);
  }

  /** The depths at which there is something to be put back, topmost first. */
  async #levels(): Promise<number[]> {
    const levels = new Set<number>();
    let total = 0;
    let index = 0;
    for await (const image of this.#work.journal.entries(this.#work.operationId)) {
      if (this.#isChosen(index)) {
        levels.add(depthOf(image));
        total++;
        if (image.again === true) this.#last.set(keyOf(image), index);
      }
      index++;
    }
    await this.#sayMissing(index);
    this.#meter.begin(total);
    return [...levels].sort((a, b) => a - b);
  }

  /** What History cannot read any more does not come back. */
  async #sayMissing(found: number): Promise<void> {
    const { journal, operationId, indexes } = this.#work;
    const { operation } = await journal.get(operationId);
    const missing = indexes === null ? operation.nodes - found : 0;
    if (missing <= 0) return;
    const message = `${missing} nodes of this operation cannot be read any more`;
    this.#report.add({ path: '', action: 'fail', differences: [], reason: 'HistoryDamaged', message, kind: 'persistent', dataLength: 0 });
  }

  async #undoLevel(level: number): Promise<void> {
    const running = new Set<Promise<void>>();
    const failures: unknown[] = [];
    for await (const entries of this.#nodesAt(level)) {
      await this.#control.grant(entries.length);
      while (running.size >= Math.min(AT_ONCE_MAX, this.#endpoint.pace.window)) await Promise.race(running);
      if (failures.length > 0) break;
      const mine: Promise<void> = this.#undoAllOf(entries)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => running.delete(mine));
      running.add(mine);
    }
    await Promise.all(running);
    if (failures.length > 0) throw failures[0];
  }

  /** The entries of a level, those of one node together: a job keeps data and ACL right behind one another. */
  async *#nodesAt(level: number): AsyncGenerator<readonly Entry[]> {
    let held: Entry[] = [];
    let index = -1;
    for await (const image of this.#work.journal.entries(this.#work.operationId)) {
      index++;
      if (depthOf(image) !== level || !this.#isChosen(index) || (this.#last.get(keyOf(image)) ?? 0) > index) continue;
      if (held.length > 0 && held[0]?.image.path !== image.path) {
        yield held;
        held = [];
      }
      held.push({ image, index });
    }
    if (held.length > 0) yield held;
  }

  /** One entry after the other, since an ACL may forbid what another allows: what was refused is tried again behind it. */
  async #undoAllOf(entries: readonly Entry[]): Promise<void> {
    let refused: Entry[] = [];
    for (const entry of entries) {
      const outcome = await this.#undoOnce(entry.image);
      if (outcome.reason === 'NoAuth' && entries.length > 1) refused.push(entry);
      else this.#say(entry, outcome);
      if (outcome.action !== 'change') continue;
      for (const each of refused) this.#say(each, await this.#undoOnce(each.image));
      refused = [];
    }
    for (const each of refused) this.#say(each, await this.#undoOnce(each.image));
  }

  #undoOnce(image: KeptImage): Promise<Undone> {
    const { conflicts, own: operation } = this.#work;
    const parts = { endpoint: this.#endpoint, tools: this.#tools, conflicts, operation };
    return undoNode(parts, image).catch((error: unknown) => {
      // Not known whether it took place: looking again tells, for what is back already is the same.
      if (isPassing(error)) return undoNode(parts, image);
      throw error;
    });
  }

  #say({ image, index }: Entry, outcome: Undone): void {
    const { path: top } = this.#work;
    const { path, kind, data } = image;
    const relative = isWithinTop(top, path) ? relativePath(top, path) : path;
    const dataLength = data?.length ?? 0;
    this.#report.add({ path: relative, differences: [], kind, dataLength, ...outcome });
    if (outcome.action !== 'fail' && outcome.action !== 'leave') this.#undone.push(index);
    this.#meter.count(relative, dataLength);
    this.#throttle.request();
  }

  async #settle(through: boolean): Promise<void> {
    const { journal, operationId, own, indexes } = this.#work;
    await own.end();
    const { leave, fail } = this.#report.counts;
    const whole = through && indexes === null && leave === 0 && fail === 0;
    if (this.#undone.length > 0 || whole) await journal.markUndone(operationId, this.#undone, whole);
  }

  #isChosen(index: number): boolean {
    const { indexes } = this.#work;
    return indexes === null || indexes.has(index);
  }
}

const depthOf = ({ path }: KeptImage): number => namesOf(path.slice(1)).length;

const keyOf = ({ action, path }: KeptImage): string => `${action} ${path}`;

const isWithinTop = (top: string, path: string): boolean => isAtOrBelow(path.slice(1), top.slice(1));
