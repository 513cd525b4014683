/** Jobs on disk: a record of each, its engine's log, and what was left or failed. What is a preview is not kept. */

import type { Logger } from '../../../base/logger.ts';
import type { TransferItem, TransferJob } from '../../../contract/transfer.ts';
import type { LogFolder } from '../../ports.ts';
import type { AppendLog } from '../ports.ts';
import { parseItem, parseStored, storedLine, type StoredJob } from './job-record.ts';

/** Troubles of one job that are kept on disk. */
export const TROUBLES_MAX = 10_000;
const RECORD = '.job';
const LOG = '.log';
const ITEMS = '.items';

export class JobStore {
  readonly #folder: LogFolder;
  readonly #logger: Logger;

  constructor(folder: LogFolder, logger: Logger) {
    this.#folder = folder;
    this.#logger = logger;
  }

  /** Every job that is kept. One that ran when the app ended is told as interrupted. */
  async load(): Promise<StoredJob[]> {
    const jobs: StoredJob[] = [];
    for (const name of await this.#folder.names()) {
      if (!name.endsWith(RECORD)) continue;
      const log = this.#folder.log(name);
      let job: StoredJob | null = null;
      for await (const line of log.read()) job = parseStored(line) ?? job;
      await log.close();
      if (job === null) this.#logger.log('warn', 'the record of a transfer cannot be read', { name });
      else jobs.push({ ...job, record: interrupted(job.record) });
    }
    return jobs;
  }

  /** The log by which the engine goes on after a crash. */
  engineLog(jobId: string): AppendLog {
    return this.#folder.log(jobId + LOG);
  }

  /** @throws UsageError FileFailed */
  async save(job: StoredJob): Promise<void> {
    const log = this.#folder.log(job.record.jobId + RECORD);
    await log.replace([storedLine(job)]);
    await log.close();
  }

  /** @throws UsageError FileFailed */
  async saveTroubles(jobId: string, items: readonly TransferItem[]): Promise<void> {
    if (items.length === 0) return;
    const log = this.#folder.log(jobId + ITEMS);
    await log.replace(items.map((item) => JSON.stringify(item)));
    await log.close();
  }

  async troubles(jobId: string): Promise<TransferItem[]> {
    const items: TransferItem[] = [];
    const log = this.#folder.log(jobId + ITEMS);
    for await (const line of log.read()) {
      const item = parseItem(line);
      if (item !== null && items.length < TROUBLES_MAX) items.push(item);
    }
    await log.close();
    return items;
  }

  /** Nothing of it is left. @throws UsageError FileFailed */
  async remove(jobId: string): Promise<void> {
    for (const suffix of [LOG, ITEMS, RECORD]) await this.#folder.remove(jobId + suffix);
  }

  /** Nothing is left to go on with. */
  removeLog(jobId: string): Promise<void> {
    return this.#folder.remove(jobId + LOG);
  }
}

/** What was under way when the app ended. */
function interrupted(record: TransferJob): TransferJob {
  if (record.endedAtMs !== null) return record;
  return { ...record, state: 'interrupted', resumable: record.work.kind !== 'undo', nodesPerSecond: 0, remainingMs: null };
}
