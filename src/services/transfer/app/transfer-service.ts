/**
 * Jobs on many nodes, as the app runs them. In: works of views. Out: records of jobs, told to every view.
 * Must hold: a job outlives the view that began it; what it overwrites is in the journal first; at the end of the app
 * each is in a state from which it can go on.
 */

import type { AnyTransferWork, TransferAction, TransferItem, TransferJob, TransferWork } from '../../../contract/transfer.ts';
import { UsageError, ZooError } from '../../../model/errors.ts';
import type { ConnectionsService } from '../../connections/connections-service.ts';
import type { Tell } from '../../context.ts';
import { toFailure } from '../../failure.ts';
import type { Journal, OpenOperation } from '../../history/journal.ts';
import type { Ports } from '../../ports.ts';
import { newId } from '../../util/ids.ts';
import type { Notices } from '../../app/notices.ts';
import type { CreateJob, Job, JobEnd, JobItem, JobProgress } from '../api.ts';
import { JobItems } from './job-items.ts';
import { newRecord, withEnd, withProgress, type JobFacts } from './job-record.ts';
import { JobStore, TROUBLES_MAX } from './job-store.ts';
import type { SourceParts } from './sources.ts';
import { splitOperation } from './split-operation.ts';
import { connectionsOf, engineWork, filesOf, jobOptionsOf, withConnections, writtenBy, type WorkParts } from './works.ts';

/** Each has up to two sessions and its own share of the servers. */
const RUNNING_MAX = 4;
/** Ended jobs that are kept; previews go with the app. */
const ENDED_MAX = 100;
const PREVIEWS_MAX = 16;

export interface TransferParts extends SourceParts {
  readonly ports: Ports;
  readonly connections: ConnectionsService;
  readonly journal: Journal;
  readonly notices: Notices;
  readonly tell: Tell;
  readonly createJob: CreateJob;
}

interface Entry {
  record: TransferJob;
  /** Profile ids by connection ids. */
  profiles: Readonly<Record<string, string>>;
  readonly items: JobItems;
  /** Items of an earlier run of the app that have not been read yet. */
  itemsOnDisk: boolean;
  job: Job | null;
  /** Resolves when its run is over, and written down. */
  over: Promise<void>;
  operation: OpenOperation | null;
}

/** A job that somebody else brings: an undo. */
export type MakeJob = (tools: {
  readonly onItems: (items: readonly JobItem[]) => void;
  readonly onProgress: (progress: JobProgress) => void;
}) => { readonly job: Job; readonly operation: OpenOperation | null };

export class TransferService {
  readonly #parts: TransferParts;
  readonly #store: JobStore;
  readonly #entries = new Map<string, Entry>();
  #loading: Promise<void> | null = null;
  #closed = false;
  /** Jobs that are about to run. */
  #beginnings = 0;

  constructor(parts: TransferParts) {
    this.#parts = parts;
    this.#store = new JobStore(parts.ports.transfer.jobs, parts.ports.logger);
  }

  /** Running ones first, then the newest. */
  async list(): Promise<TransferJob[]> {
    await this.#load();
    const order = (job: TransferJob): number => (job.endedAtMs === null && job.state !== 'interrupted' ? 0 : 1);
    return [...this.#entries.values()]
      .map(({ record }) => record)
      .sort((a, b) => order(a) - order(b) || b.startedAtMs - a.startedAtMs);
  }

  /** @throws UsageError UnknownJob */
  async get(jobId: string): Promise<TransferJob> {
    return (await this.#entry(jobId)).record;
  }

  /**
   * Starts a job.
   *
   * @throws UsageError TooManyJobs, UnknownConnection, ReadOnlyConnection, BadFileName, FileFailed
   */
  async start(work: TransferWork, dryRun: boolean, nodesPerSecondMax: number | null): Promise<TransferJob> {
    await this.#load();
    if (!dryRun) this.#refuseReadOnly(work);
    const entry = this.#newEntry(this.#factsOf(work, dryRun, nodesPerSecondMax));
    await this.#beginning(() => this.#launch(entry, work, false));
    return entry.record;
  }

  /** Starts a job that is not the engine's. @throws UsageError TooManyJobs, FileFailed */
  async startOwn(work: AnyTransferWork, make: MakeJob): Promise<TransferJob> {
    await this.#load();
    const entry = this.#newEntry(this.#factsOf(work, false, null));
    await this.#beginning(() => {
      const { job, operation } = make(this.#listeners(entry));
      entry.operation = operation;
      return this.#begin(entry, job);
    });
    return entry.record;
  }

  async items(jobId: string, actions: readonly TransferAction[] | null, from: number, count: number): Promise<{ items: TransferItem[]; total: number }> {
    const entry = await this.#entry(jobId);
    if (entry.itemsOnDisk) {
      entry.itemsOnDisk = false;
      entry.items.add(await this.#store.troubles(jobId));
    }
    return entry.items.page(actions, from, count);
  }

  /** @throws UsageError UnknownJob, NotResumable, TooManyJobs, ReadOnlyConnection, UnknownProfile */
  async control(jobId: string, action: 'pause' | 'resume' | 'cancel' | 'forget'): Promise<void> {
    const entry = await this.#entry(jobId);
    if (action === 'pause') entry.job?.pause();
    else if (action === 'cancel') entry.job?.cancel();
    else if (action === 'forget') await this.#forget(entry);
    else if (entry.job !== null) entry.job.resume();
    else await this.#goOn(entry);
  }

  async setRate(jobId: string, nodesPerSecondMax: number | null): Promise<void> {
    const entry = await this.#entry(jobId);
    entry.job?.setNodesPerSecondMax(nodesPerSecondMax);
    this.#update(entry, { ...entry.record, nodesPerSecondMax });
  }

  /** Cancels what runs, into a state from which it can go on. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { job } of this.#entries.values()) job?.cancel();
    await Promise.all([...this.#entries.values()].map(({ over }) => over));
  }

  get #workParts(): WorkParts {
    const { ports, connections } = this.#parts;
    return { ...this.#parts, files: ports.transfer.files, connection: (id) => connections.get(id) };
  }

  /** Counts what is about to run. @throws UsageError TooManyJobs, Closed */
  async #beginning(begin: () => Promise<void>): Promise<void> {
    if (this.#closed) throw closing();
    const running = [...this.#entries.values()].filter(({ job }) => job !== null).length + this.#beginnings;
    if (running >= RUNNING_MAX) throw new UsageError('TooManyJobs', `${running} jobs are running: wait for one of them, or cancel it`);
    this.#beginnings++;
    try {
      await begin();
    } finally {
      this.#beginnings--;
    }
  }

  async #launch(entry: Entry, work: TransferWork, goesOn: boolean): Promise<void> {
    await this.#begin(entry, await this.#made(entry, work, goesOn));
  }

  async #made(entry: Entry, work: TransferWork, goesOn: boolean): Promise<Job> {
    const { ports, createJob } = this.#parts;
    const { record } = entry;
    const engine = await engineWork(this.#workParts, work, goesOn);
    const operation = record.dryRun ? null : await this.#operationOf(work);
    entry.operation = operation;
    const kept = isKept(record);
    return createJob(engine, jobOptionsOf(work, record.dryRun, record.nodesPerSecondMax), {
      clock: ports.clock,
      tools: ports.transfer.tools,
      log: kept ? this.#store.engineLog(record.jobId) : null,
      before: operation,
      ...this.#listeners(entry),
    });
  }

  async #begin(entry: Entry, job: Job): Promise<void> {
    if (isKept(entry.record)) await this.#store.save(entry);
    // Nobody would wait for its end; one that is kept is told as interrupted by the next run of the app.
    if (this.#closed) throw closing();
    this.#entries.set(entry.record.jobId, entry);
    entry.job = job;
    this.#parts.tell('transfer.job', entry.record);
    entry.over = this.#run(entry, job);
  }

  async #run(entry: Entry, job: Job): Promise<void> {
    const { ports, tell, notices } = this.#parts;
    const end = await job.run().catch((error: unknown): JobEnd => {
      ports.logger.log('error', 'a transfer failed by a bug', { error });
      return { state: 'stopped', failure: null, resumable: false, progress: job.progress, zxidBefore: null, zxidAfter: null, changed: 0 };
    });
    entry.job = null;
    entry.record = withEnd(entry.record, end, ports.clock.wallMs());
    if (end.state === 'stopped' && end.failure === null) entry.record = { ...entry.record, failure: toFailure(new TypeError('see the log')) };
    try {
      await this.#settle(entry);
    } catch (error) {
      if (!(error instanceof ZooError)) throw error;
      notices.add('error', error.code, `What became of a transfer could not be written down: ${error.message}`);
    }
    this.#tellConnections(entry.record);
    if (!this.#closed) tell('transfer.job', entry.record);
  }

  /** Writes down how it ended. */
  async #settle(entry: Entry): Promise<void> {
    const { operation } = entry;
    await operation?.end();
    if (operation !== null && operation.nodes > 0) entry.record = { ...entry.record, operationId: operation.operationId };
    if (isKept(entry.record)) await this.#writeDown(entry);
    await this.#dropOld();
  }

  async #writeDown(entry: Entry): Promise<void> {
    const { jobId, resumable } = entry.record;
    await this.#store.saveTroubles(jobId, entry.items.troubles(TROUBLES_MAX));
    await this.#store.engineLog(jobId).close();
    if (!resumable) await this.#store.removeLog(jobId);
    await this.#store.save(entry);
  }

  /** Every request that the app causes can be seen: a job's are told as a sum. */
  #tellConnections(record: TransferJob): void {
    const { connections } = this.#parts;
    const { from, to } = connectionsOf(record.work);
    for (const connectionId of new Set([from, to])) {
      const connection = connectionId === null ? undefined : connections.find(connectionId);
      const path = 'path' in record.work ? record.work.path : '/';
      const what = `${record.work.kind}${record.dryRun ? ' (preview)' : ''}: ${record.nodes} nodes, ${record.requests} requests, ${record.state}`;
      connection?.feed.add({ kind: 'session', type: 'transfer', path, detail: what });
    }
  }

  async #goOn(entry: Entry): Promise<void> {
    const { record, profiles } = entry;
    if (!record.resumable || record.work.kind === 'undo') throw new UsageError('NotResumable', 'this job cannot be gone on with');
    const { work } = record;
    // At once: what is asked for twice begins once.
    entry.record = { ...record, state: 'running', phase: 'running', endedAtMs: null, failure: null, resumable: false };
    try {
      await this.#beginning(() => this.#relaunch(entry, work));
    } catch (error) {
      entry.record = record;
      entry.profiles = profiles;
      throw error;
    }
  }

  async #relaunch(entry: Entry, former: TransferWork): Promise<void> {
    const work = await this.#reconnected(entry, former);
    this.#refuseReadOnly(work);
    entry.record = { ...entry.record, work };
    entry.profiles = this.#profilesOf(work);
    const job = await this.#made(entry, work, true);
    entry.items.clear();
    entry.itemsOnDisk = false;
    await this.#begin(entry, job);
  }

  /** Opens what a job was connected to, as far as it is not open. */
  async #reconnected(entry: Entry, work: TransferWork): Promise<TransferWork> {
    const { connections } = this.#parts;
    const renamed: Record<string, string> = {};
    for (const [connectionId, profileId] of Object.entries(entry.profiles)) {
      if (connections.find(connectionId)?.profile.id === profileId) continue;
      renamed[connectionId] = (await connections.open(profileId)).connectionId;
    }
    return withConnections(work, renamed);
  }

  #listeners(entry: Entry): Parameters<MakeJob>[0] {
    return {
      onItems: (items) => entry.items.add(items.map((item) => ({ ...item, differences: [...item.differences] }))),
      onProgress: (progress) => {
        // What comes after its end is told by its end.
        if (entry.job !== null) this.#update(entry, withProgress(entry.record, progress));
      },
    };
  }

  #update(entry: Entry, record: TransferJob): void {
    entry.record = record;
    if (!this.#closed) this.#parts.tell('transfer.job', record);
  }

  async #operationOf(work: TransferWork): Promise<OpenOperation | null> {
    if (work.kind === 'export' || work.kind === 'compare') return null;
    const begin = ({ connectionId, path }: { readonly connectionId: string; readonly path: string }): Promise<OpenOperation> => {
      const { profile } = this.#parts.connections.get(connectionId);
      const kind = work.kind === 'delete' ? 'delete' : 'transfer';
      return this.#parts.journal.begin({ ensemble: profile.name, profileId: profile.id, kind, path });
    };
    return work.kind === 'move' ? splitOperation(await begin(work.from), await begin(work)) : begin(work);
  }

  #newEntry(facts: JobFacts): Entry {
    return {
      record: newRecord(facts),
      profiles: this.#profilesOf(facts.work),
      items: new JobItems(),
      itemsOnDisk: false,
      job: null,
      over: Promise.resolve(),
      operation: null,
    };
  }

  #factsOf(work: AnyTransferWork, dryRun: boolean, nodesPerSecondMax: number | null): JobFacts {
    const { ports, connections } = this.#parts;
    const ids = connectionsOf(work);
    const files = filesOf(work);
    const nameOf = (id: string | null, file: string | null): string | null => (id === null ? file : connections.get(id).profile.name);
    return {
      jobId: newId(ports.random),
      work, dryRun, nodesPerSecondMax,
      fromName: nameOf(ids.from, files.from),
      toName: nameOf(ids.to, files.to),
      startedAtMs: ports.clock.wallMs(),
    };
  }

  #profilesOf(work: AnyTransferWork): Record<string, string> {
    const { connections } = this.#parts;
    const { from, to } = connectionsOf(work);
    const ids = [from, to].filter((id) => id !== null);
    return Object.fromEntries(ids.map((id) => [id, connections.get(id).profile.id]));
  }

  #refuseReadOnly(work: AnyTransferWork): void {
    for (const connectionId of writtenBy(work)) {
      const { readOnly, profile } = this.#parts.connections.get(connectionId);
      if (readOnly) throw new UsageError('ReadOnlyConnection', `${profile.name} is read-only: nothing is written there`);
    }
  }

  async #entry(jobId: string): Promise<Entry> {
    await this.#load();
    const entry = this.#entries.get(jobId);
    if (entry === undefined) throw new UsageError('UnknownJob', 'there is no such job any more');
    return entry;
  }

  #load(): Promise<void> {
    this.#loading ??= this.#read().catch((error: unknown) => {
      this.#loading = null;
      throw error;
    });
    return this.#loading;
  }

  async #read(): Promise<void> {
    for (const { record, profiles } of await this.#store.load()) {
      const entry: Entry = { record, profiles, items: new JobItems(), itemsOnDisk: true, job: null, over: Promise.resolve(), operation: null };
      this.#entries.set(record.jobId, entry);
    }
  }

  async #forget(entry: Entry): Promise<void> {
    const { jobId } = entry.record;
    const begins = entry.record.endedAtMs === null && entry.record.state !== 'interrupted';
    if (entry.job !== null || begins) throw new UsageError('JobRuns', 'the job is running: cancel it first');
    this.#entries.delete(jobId);
    if (isKept(entry.record)) await this.#store.remove(jobId);
    this.#parts.tell('transfer.forgotten', { jobId });
  }

  async #dropOld(): Promise<void> {
    const ended = [...this.#entries.values()].filter(({ job, record }) => job === null && record.state !== 'interrupted');
    ended.sort((a, b) => a.record.startedAtMs - b.record.startedAtMs);
    const drop = async (entries: readonly Entry[], max: number): Promise<void> => {
      for (const entry of entries.slice(0, Math.max(0, entries.length - max))) await this.#forget(entry);
    };
    await drop(ended.filter(({ record }) => isKept(record)), ENDED_MAX);
    await drop(ended.filter(({ record }) => !isKept(record)), PREVIEWS_MAX);
  }
}

const closing = (): UsageError => new UsageError('Closed', 'the app is closing');

/** Previews and comparisons change nothing, and are made again quickly: they are not written down. */
function isKept({ dryRun, work }: TransferJob): boolean {
  return !dryRun && work.kind !== 'compare';
}
