/** Work on nodes that is not an edit of one: creating, and deleting a subtree by its preview. */

import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import type { Params, Result } from '../../contract/contract.ts';
import type { DeletePreview } from '../../contract/nodes.ts';
import type { Stat } from '../../model/stat.ts';
import { backend } from './backend.ts';

export { NODE_KINDS } from '../../contract/nodes.ts';
export type NewNode = Params<'node.create'>;
export type CreatedNode = Result<'node.create'>;
export type DeletionReport = Result<'node.delete'>;
export type NodeKind = NewNode['kind'];

export interface JobProgress {
  readonly done: number;
  readonly total: number | null;
}

/** A preview of more nodes than this is cut, and nothing is offered for deletion. */
export const DELETE_NODES_MAX = 100_000;

/** How far running jobs are, by the id that their caller chose. */
export const useNodeJobsStore = defineStore('nodeJobs', () => {
  const progress = shallowRef<ReadonlyMap<string, JobProgress>>(new Map());
  const running = new Set<string>();
  let count = 0;

  backend().on('node.progress', ({ jobId, done, total }) => {
    if (running.has(jobId)) progress.value = new Map(progress.value).set(jobId, { done, total });
  });

  /** An id for a job, told to the caller before the job begins so that its progress can be shown. */
  function newJobId(): string {
    return `job-${Date.now().toString(36)}-${++count}`;
  }

  async function run<T>(jobId: string, work: () => Promise<T>): Promise<T> {
    running.add(jobId);
    try {
      return await work();
    } finally {
      running.delete(jobId);
      const next = new Map(progress.value);
      next.delete(jobId);
      progress.value = next;
    }
  }

  /** @throws ApiError */
  const create = (node: NewNode): Promise<CreatedNode> => backend().call('node.create', node);

  /** A node's Stat, or null when it is not there or cannot be had: for a hint beside a form, where a failure is no news. */
  async function statOf(connectionId: string, path: string): Promise<Stat | null> {
    try {
      return (await backend().call('node.stat', { connectionId, path }))?.stat ?? null;
    } catch {
      return null;
    }
  }

  /** Counts what a deletion would take. @throws ApiError */
  function preview(connectionId: string, path: string, jobId: string, signal: AbortSignal): Promise<DeletePreview> {
    return run(jobId, () => backend().call('node.deletePreview', { connectionId, path, limit: DELETE_NODES_MAX, jobId }, { signal }));
  }

  /** Deletes what a preview showed. When cancelled it resolves with what was done until then, where the app can tell. @throws ApiError */
  function remove(connectionId: string, path: string, token: string, jobId: string, signal: AbortSignal): Promise<DeletionReport> {
    return run(jobId, () => backend().call('node.delete', { connectionId, path, token, jobId }, { signal }));
  }

  return { progress, newJobId, create, statOf, preview, remove };
});
