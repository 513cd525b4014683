/** The engine's entry: a work becomes a job, which runs once. */

import { ZooError } from '../../model/errors.ts';
import type { CreateJob, Job, JobEnd, JobProgress, Side, Work } from './api.ts';
import { JobRun } from './run.ts';
import { runCompare } from './jobs/compare.ts';
import { runDelete, runSetAcl } from './jobs/delete.ts';
import { runExport } from './jobs/export.ts';
import { runMove } from './jobs/move.ts';
import { runWrite } from './jobs/write.ts';
import type { Checkpoint } from './job-log.ts';

/** Makes a job; it connects to nothing before `run`. */
export const createJob: CreateJob = (work, options, deps) => {
  const keeps = !options.dryRun && work.kind !== 'compare';
  const run = new JobRun(fingerprint(work, options.acl, options.ephemerals), options, deps, keeps);
  return new EngineJob(work, run, keeps);
};

class EngineJob implements Job {
  readonly #work: Work;
  readonly #run: JobRun;
  readonly #keeps: boolean;

  constructor(work: Work, run: JobRun, keeps: boolean) {
    this.#work = work;
    this.#run = run;
    this.#keeps = keeps;
  }

  get progress(): JobProgress {
    return this.#run.progress;
  }

  async run(): Promise<JobEnd> {
    const run = this.#run;
    run.start();
    try {
      const { begun, checkpoint, items } = await run.log.open();
      run.resumed = begun;
      if (checkpoint !== null) run.restore(checkpoint, items);
      await runWork(run, this.#work, checkpoint);
      await run.log.flush();
      return await this.#end('done', null);
    } catch (error) {
      await run.log.flush().catch(() => undefined);
      if (!(error instanceof ZooError)) {
        await this.#end('stopped', null);
        throw error;
      }
      return await this.#end(error.kind === 'cancelled' && run.control.cancelled ? 'cancelled' : 'stopped', error);
    }
  }

  pause(): void {
    this.#run.control.pause();
  }

  resume(): void {
    this.#run.control.resume();
  }

  cancel(): void {
    this.#run.control.cancel();
  }

  setNodesPerSecondMax(limit: number | null): void {
    this.#run.control.setNodesPerSecondMax(limit);
  }

  async #end(state: JobEnd['state'], failure: ZooError | null): Promise<JobEnd> {
    const run = this.#run;
    await run.close(state);
    const resumable = state !== 'done' && this.#keeps && run.log.keeps && !(failure !== null && FINAL.has(failure.code));
    return {
      state, resumable, progress: run.progress, failure: state === 'cancelled' ? null : failure,
      zxidBefore: run.zxidBefore, zxidAfter: run.zxidAfter, changed: run.report.changed,
    };
  }
}

/** Refusals that a second try meets again. */
const FINAL = new Set(['SystemPath', 'RootRefused', 'IntoItself', 'BadExport', 'NotInFile', 'LogMismatch', 'BadPath', 'NoNode']);

function runWork(run: JobRun, work: Work, from: Checkpoint | null): Promise<void> {
  switch (work.kind) {
    case 'export':
      return runExport(run, work, from);
    case 'write':
      return runWrite(run, work, from);
    case 'move':
      return runMove(run, work, from);
    case 'delete':
      return runDelete(run, work, from);
    case 'setAcl':
      return runSetAcl(run, work, from);
    case 'compare':
      return runCompare(run, work);
  }
}

/** The same text for the same work: a log is gone on with by no other. */
function fingerprint(work: Work, acl: boolean, ephemerals: boolean): string {
  const options = { acl, ephemerals };
  switch (work.kind) {
    case 'export':
      return JSON.stringify({ kind: work.kind, from: sideText(work.from), to: work.to.name, options });
    case 'write': {
      const { policy, removeExtra, only } = work;
      return JSON.stringify({ kind: work.kind, from: sideText(work.from), to: sideText(work.to), policy, removeExtra, only, options });
    }
    case 'move':
      return JSON.stringify({ kind: work.kind, from: sideText(work.from), to: sideText(work.to), policy: work.policy, options });
    case 'delete':
      return JSON.stringify({ kind: work.kind, at: sideText(work.at), options });
    case 'setAcl':
      return JSON.stringify({ kind: work.kind, at: sideText(work.at), acl: work.acl, mode: work.mode, options });
    case 'compare':
      return JSON.stringify({ kind: work.kind, a: sideText(work.a), b: sideText(work.b), options });
  }
}

function sideText(side: Side): string {
  return side.kind === 'live' ? `${side.source.name} ${side.path}` : `${side.input.name} ${side.below}`;
}
