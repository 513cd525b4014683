/** Jobs on many nodes, as the app tells them, and what can be asked of them. */

import { defineStore } from 'pinia';
import { computed, shallowRef, watch } from 'vue';
import type { Params, Result } from '../../contract/contract.ts';
import type { ExportFileInfo, TransferAction, TransferItem, TransferJob, TransferNode, TransferWork } from '../../contract/transfer.ts';
import { backend } from './backend.ts';

export type { TransferAction, TransferItem, TransferJob, TransferNode, TransferSide, TransferWork } from '../../contract/transfer.ts';
export type ExportFiles = Result<'transfer.files'>;
export type JobControl = Params<'transfer.control'>['action'];

/** Whether a job still does something, or waits to. */
export function isRunning({ state }: TransferJob): boolean {
  return state === 'running' || state === 'paused' || state === 'waiting';
}

/** Whether it may be gone on with: a paused one, and one that stopped before its end. */
export function canResume({ state, resumable }: TransferJob): boolean {
  return state === 'paused' || (resumable && !isRunning({ state } as TransferJob));
}

/** @throws ApiError */
const items = (jobId: string, actions: readonly TransferAction[] | null, from: number, count: number): Promise<{ items: TransferItem[]; total: number }> =>
  backend().call('transfer.items', { jobId, actions: actions === null ? null : [...actions], from, count });

/** Both sides of a node, read now. @throws ApiError */
const difference = (jobId: string, path: string): Promise<{ a: TransferNode | null; b: TransferNode | null }> =>
  backend().call('transfer.difference', { jobId, path });

/** @throws ApiError */
const control = async (jobId: string, action: JobControl): Promise<void> => void (await backend().call('transfer.control', { jobId, action }));

/** @throws ApiError */
const setRate = async (jobId: string, nodesPerSecondMax: number | null): Promise<void> =>
  void (await backend().call('transfer.setRate', { jobId, nodesPerSecondMax }));

/** @throws ApiError */
const suggestFile = async (connectionId: string, path: string): Promise<string> => (await backend().call('transfer.suggestFile', { connectionId, path })).file;

/** @throws ApiError */
const files = (): Promise<ExportFiles> => backend().call('transfer.files', {});

/** @throws ApiError */
const fileInfo = (file: string): Promise<ExportFileInfo> => backend().call('transfer.fileInfo', { file });

/** Null where the host has no dialog, or nothing was chosen. @throws ApiError */
const chooseFile = async (mode: 'open' | 'save', suggested: string | null): Promise<string | null> =>
  (await backend().call('transfer.chooseFile', { mode, suggested })).file;

export const useTransfersStore = defineStore('transfers', () => {
  const byId = shallowRef<ReadonlyMap<string, TransferJob>>(new Map());
  /** Running ones first, then the newest. Previews are part of their dialogs. */
  const list = computed(() =>
    [...byId.value.values()]
      .filter(({ dryRun }) => !dryRun)
      .sort((a, b) => Number(isRunning(b)) - Number(isRunning(a)) || b.startedAtMs - a.startedAtMs),
  );
  const running = computed(() => list.value.filter(isRunning).length);

  function take(job: TransferJob): TransferJob {
    byId.value = new Map(byId.value).set(job.jobId, job);
    return job;
  }

  function drop(jobId: string): void {
    const next = new Map(byId.value);
    next.delete(jobId);
    byId.value = next;
  }

  /** Reads the jobs and keeps them current, also after the view lost its host for a while. @throws ApiError */
  async function start(): Promise<void> {
    const api = backend();
    api.on('transfer.job', take);
    api.on('transfer.forgotten', ({ jobId }) => drop(jobId));
    let opened = api.linkState.opened;
    api.onLinkState((link) => {
      if (link.kind === 'open' && opened > 0 && link.opened > opened) void reload().catch(() => undefined);
      opened = Math.max(opened, link.opened);
    });
    await reload();
  }

  async function reload(): Promise<void> {
    byId.value = new Map((await backend().call('transfer.list', {})).map((job) => [job.jobId, job]));
  }

  /** Starts an export, a comparison, or a preview of anything. @throws ApiError */
  const read = async (work: TransferWork, dryRun: boolean, nodesPerSecondMax: number | null = null): Promise<TransferJob> =>
    known(await backend().call('transfer.read', { work, dryRun, nodesPerSecondMax }));

  /** Starts a job that writes. @throws ApiError */
  async function write(work: Exclude<TransferWork, { kind: 'export' | 'compare' }>, previewId: string | null, nodesPerSecondMax: number | null): Promise<TransferJob> {
    const { connectionId } = work;
    return known(await backend().call('transfer.write', { connectionId, work, previewId, nodesPerSecondMax }));
  }

  /** Resolves when a job has come to an end, or to a stop; with undefined when it was forgotten. */
  function ended(jobId: string): Promise<TransferJob | undefined> {
    return new Promise((resolve) => {
      const found = (job: TransferJob | undefined): boolean => {
        if (job !== undefined && isRunning(job)) return false;
        resolve(job);
        return true;
      };
      if (found(byId.value.get(jobId))) return;
      const stop = watch(() => byId.value.get(jobId), (job) => found(job) && stop());
    });
  }

  /** An event may have told a newer state meanwhile. */
  const known = (job: TransferJob): TransferJob => byId.value.get(job.jobId) ?? take(job);

  return { byId, list, running, start, read, write, ended, items, difference, control, setRate, suggestFile, files, fileInfo, chooseFile };
});
