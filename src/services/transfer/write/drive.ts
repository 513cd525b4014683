/** Carries a plan out, and tells of it. */

import { UsageError } from '../../../model/errors.ts';
import type { LiveSide } from '../api.ts';
import type { Checkpoint } from '../job-log.ts';
import { ahead, isOwnCancel, type JobRun } from '../run.ts';
import type { SourceEntry } from '../source.ts';
import { leftHead, NodeReader, type Head } from '../walk/node-reader.ts';
import type { Pair } from '../walk/pairs.ts';
import { Pipeline, type PipelineHooks } from './pipeline.ts';
import type { MarkStep, Note, NoteStep, Step, WriteStep } from './plan.ts';
import { Planner, type LookAt } from './planner.ts';
import type { Strategy } from './strategy.ts';

export interface DriveOptions {
  readonly target: LiveSide;
  readonly strategy: Strategy;
  /** Whether nodes are created with the source's ACLs. */
  readonly acls: boolean;
  /** Where an interrupted job was. */
  readonly from: Checkpoint | null;
}

/**
 * Plans what the pairs call for, and does it.
 *
 * @throws what ends a job: UsageError Exists (policy stop), Unreachable, FileFailed; AuthFailedError; CancelledError
 */
export async function drive(run: JobRun, pairs: AsyncIterable<readonly Pair[]>, options: DriveOptions): Promise<void> {
  const { target, strategy, acls, from } = options;
  const endpoint = run.endpoint(target);
  const planner = new Planner(
    {
      root: target.path, client: await endpoint.client(), strategy, acls,
      identities: endpoint.source.identities, requestBytesMax: endpoint.requestBytesMax, dryRun: run.options.dryRun,
      before: run.deps.before, tools: run.deps.tools, log: run.log, look: lookAt(run, target, strategy),
    },
    from?.postponed ?? [],
    from?.at ?? null,
  );
  const pipeline = new Pipeline(endpoint, hooksOf(run, planner));
  try {
    for await (const steps of ahead(planner.steps(pairs))) await pushAll(run, pipeline, steps);
    await pipeline.drain();
  } catch (error) {
    if (isOwnCancel(error, run.control)) await giveUp(pipeline, planner);
    await pipeline.settle();
    throw error;
  }
  await run.log.flush();
  if (planner.stopped !== null) throw new UsageError('Exists', `${planner.stopped} is there already, and differs`);
}

async function pushAll(run: JobRun, pipeline: Pipeline, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (step.kind !== 'mark') await run.step();
    await pipeline.push(step);
  }
}

/** What is under way is finished, and nothing is left open that was open only for the job. */
async function giveUp(pipeline: Pipeline, planner: Planner): Promise<void> {
  try {
    await pipeline.drain();
    for (const step of planner.leftovers()) await pipeline.push(step);
    await pipeline.drain();
  } catch {
    // It has been given up already; what is open is in the log.
  }
}

/** Reads one node of the target anew. */
function lookAt(run: JobRun, target: LiveSide, strategy: Strategy): LookAt {
  const reader = new NodeReader(run.endpoint(target), strategy.acl);
  return async (path, relative, withData) => {
    const head = await reader.head(path);
    const left = (message: string | null, known: Head | null): SourceEntry => ({ path: relative, left: 'unreadable', kind: 'persistent', message, ...leftHead(known) });
    if (head.absent !== null) return head.absent === 'vanished' ? null : left(head.message, null);
    const { stat, acl, masked } = head;
    const kind = stat.ephemeralOwner === 0n ? 'persistent' : 'ephemeral';
    const record = { path: relative, kind, ttlMs: null, data: null, acl, aclMasked: masked, stat, changed: false } as const;
    if (!strategy.data || !withData) return record;
    const data = await reader.data(path);
    if (data.absent !== null) return data.absent === 'vanished' ? null : left(data.message, head);
    return { ...record, data: data.data, stat: data.stat };
  };
}

function hooksOf(run: JobRun, planner: Planner): PipelineHooks {
  return {
    settled: (step, note) => settled(run, step, note),
    suppressed: (step: WriteStep) => {
      if (step.second) return;
      run.report.count('leave', 'below');
      run.count(step.relative, 0);
    },
    reached: ({ at, postponed }: MarkStep) => run.checkpoint(at, postponed, null),
    touching: (looks) => planner.touching(looks),
  };
}

function settled(run: JobRun, step: NoteStep | WriteStep, note: Note): void {
  const { action, differences, reason, message, kind, dataLength } = note;
  const path = step.relative;
  if (step.kind === 'write' && step.second) {
    // The node stands, and is counted: only what went wrong with its ACL is left to say.
    if (action === 'fail') run.report.add({ path, action, differences, reason: 'aclNotSet', message, kind, dataLength });
    return;
  }
  const leftOut = step.kind === 'note' && step.leftOut;
  const untold = (step.kind === 'note' && step.silent) || (action === 'same' && !run.options.dryRun);
  if (untold) run.report.count(action, leftOut ? reason : null);
  else run.report.add({ path, action, differences, reason, message, kind, dataLength }, leftOut);
  run.count(path, dataLength);
}

