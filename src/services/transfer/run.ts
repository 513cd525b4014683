/** A running job: what its parts share. In: the work's sides. Out: progress, items, checkpoints. */

import type { CancelTimer } from '../../base/clock.ts';
import { createThrottle, type Throttle } from '../util/throttle.ts';
import type { ZooKeeper } from '../../client/api.ts';
import { CancelledError, KeeperError } from '../../model/errors.ts';
import { ErrorCode } from '../../model/error-code.ts';
import { formatId } from '../../model/zxid.ts';
import type { JobDeps, JobItem, JobOptions, JobPhase, JobProgress, JobState, LiveSide } from './api.ts';
import { Control } from './control.ts';
import { Endpoint, type EndpointSource } from './endpoint.ts';
import { JobLog, zxidOf, type Checkpoint, type Postponed } from './job-log.ts';
import { Meter } from './meter.ts';
import { Report } from './report.ts';
import { isLeft, type SourceEntry } from './source.ts';

const PROGRESS_EVERY_MS = 250;

export class JobRun {
  readonly options: JobOptions;
  readonly deps: JobDeps;
  readonly control: Control;
  readonly report: Report;
  readonly meter: Meter;
  readonly log: JobLog;
  readonly #endpoints = new Map<EndpointSource, Endpoint>();
  readonly #throttle: Throttle;
  #tick: CancelTimer = () => undefined;
  #waiting = 0;
  /** It goes on where an interrupted one was. */
  resumed = false;
  /** Set when it has ended. */
  ended: 'done' | 'stopped' | 'cancelled' | null = null;
  phase: JobPhase = 'running';
  zxidBefore: bigint | null = null;
  zxidAfter: bigint | null = null;

  constructor(work: string, options: JobOptions, deps: JobDeps, keeps: boolean) {
    this.options = options;
    this.deps = deps;
    this.control = new Control(deps.clock, options.nodesPerSecondMax, () => this.#tell());
    this.report = new Report(deps.onItems);
    this.meter = new Meter(deps.clock);
    this.log = new JobLog(keeps ? deps.log : null, work);
    this.#throttle = createThrottle(deps.clock, PROGRESS_EVERY_MS, () => this.#tell());
  }

  get state(): JobState {
    if (this.ended !== null) return this.ended;
    if (this.control.paused) return 'paused';
    return this.#waiting > 0 ? 'waiting' : 'running';
  }

  get progress(): JobProgress {
    const { meter } = this;
    const endpoints = [...this.#endpoints.values()];
    const sum = (of: (endpoint: Endpoint) => number): number => endpoints.reduce((total, each) => total + of(each), 0);
    const latencies = endpoints.map(({ pace }) => pace.latencyMs).filter((each) => each !== null);
    return {
      state: this.state,
      phase: this.ended === null ? this.phase : 'finished',
      nodes: meter.nodes,
      nodesTotal: meter.nodesTotal,
      bytes: meter.bytes,
      counts: this.report.counts,
      leftOut: this.report.leftOut,
      nodesPerSecond: meter.nodesPerSecond,
      remainingMs: meter.remainingMs,
      elapsedMs: meter.elapsedMs,
      requests: sum(({ requests }) => requests),
      inFlight: sum(({ pace }) => pace.inFlight),
      latencyMs: latencies.length === 0 ? null : Math.max(...latencies),
      sessionsLost: sum(({ sessionsLost }) => sessionsLost),
      at: meter.at,
    };
  }

  /** The session of a side; the same for both when they share one. */
  endpoint(side: LiveSide): Endpoint {
    const known = this.#endpoints.get(side.source);
    if (known !== undefined) return known;
    const endpoint = new Endpoint(side.source, this.deps.clock, this.control.signal, {
      patienceMs: this.deps.patienceMs,
      onWaiting: (waiting) => {
        this.#waiting += waiting ? 1 : -1;
        this.#throttle.request();
      },
    });
    this.#endpoints.set(side.source, endpoint);
    return endpoint;
  }

  /** Connects a side. @throws as Endpoint.prepare */
  prepare(side: LiveSide): Promise<ZooKeeper> {
    return this.endpoint(side).prepare();
  }

  /** Begins a phase; nodes are counted anew. */
  begin(phase: JobPhase, nodesTotal: number | null, nodes = 0): void {
    this.phase = phase;
    this.meter.begin(nodesTotal, nodes);
    this.#tell();
  }

  /** How many nodes a live subtree has, where its servers tell it (3.6 and later). */
  async countOf(side: LiveSide): Promise<number | null> {
    const endpoint = this.endpoint(side);
    if (!endpoint.multiRead) return null;
    const count = endpoint.read('bulk', (client) => client.getAllChildrenNumber(side.path));
    return count.then((below) => below + 1).catch((error: unknown) => {
      if (error instanceof KeeperError) return null;
      throw error;
    });
  }

  /** A node is through. */
  count(path: string, bytes: number): void {
    this.meter.count(path, bytes);
    this.touch();
  }

  /** Something changed that progress tells of. */
  touch(): void {
    this.#throttle.request();
  }

  /** Waits while it is paused, and for the rate. @throws CancelledError; what the log failed with */
  async step(): Promise<void> {
    if (!this.control.open) await this.control.grant(1);
    this.log.throwFailure();
  }

  /** Items and progress come at least this often while it runs. */
  start(): void {
    this.#tick = this.deps.clock.after(PROGRESS_EVERY_MS, () => {
      this.report.flush();
      this.#throttle.request();
      this.start();
    });
  }

  checkpoint(at: string | null, postponed: readonly Postponed[], fileBytes: number | null): void {
    if (!this.log.keeps) return;
    const checkpoint: Checkpoint = {
      ...this.report.state, phase: this.phase, at, nodes: this.meter.nodes, bytes: this.meter.bytes,
      zxidBefore: this.zxidBefore === null ? null : formatId(this.zxidBefore), postponed, fileBytes,
    };
    this.log.checkpoint(checkpoint, this.report.takeLogged());
  }

  /** Goes on where an interrupted one was. */
  restore(checkpoint: Checkpoint, items: readonly JobItem[]): void {
    this.report.restore(checkpoint, items);
    this.phase = checkpoint.phase;
    this.meter.bytes = checkpoint.bytes;
    this.meter.begin(null, checkpoint.nodes);
    this.meter.at = checkpoint.at;
    this.zxidBefore = zxidOf(checkpoint.zxidBefore);
  }

  /** Begins anew after all: what an interrupted one left is of no use. */
  forget(): void {
    this.report.restore({ counts: this.report.none, leftOut: {}, changed: 0 }, []);
    this.meter.bytes = 0;
    this.meter.begin(null);
    this.zxidBefore = null;
  }

  async close(ended: 'done' | 'stopped' | 'cancelled'): Promise<void> {
    this.#tick();
    await Promise.all([...this.#endpoints.values()].map((endpoint) => endpoint.close()));
    this.ended = ended;
    this.report.flush();
    this.#throttle.stop();
    this.#tell();
  }

  #tell(): void {
    this.deps.onProgress(this.progress);
  }
}

/** The root of what is read must be there. @throws KeeperError NoNode, NoAuth */
export async function* withRoot(entries: AsyncIterable<readonly SourceEntry[]>, path: string): AsyncGenerator<readonly SourceEntry[]> {
  for await (const batch of entries) {
    const first = batch[0];
    if (first !== undefined && first.path === '' && isLeft(first)) {
      if (first.left === 'vanished') throw new KeeperError(ErrorCode.NoNode, path);
      if (first.left === 'unreadable') throw new KeeperError(ErrorCode.NoAuth, path);
    }
    yield batch;
  }
}

/** The same stream, its next batch already on its way while one is worked on. */
export async function* ahead<T>(batches: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = batches[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done === true) return;
      next = iterator.next();
      // A failure is met when its turn comes.
      next.catch(() => undefined);
      yield value;
    }
  } finally {
    await next.catch(() => undefined);
    await iterator.return?.();
  }
}

/** Whether an error is this job's own cancellation. */
export function isOwnCancel(error: unknown, control: Control): boolean {
  return control.cancelled && error instanceof CancelledError;
}
