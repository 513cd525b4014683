/** The journal of what was overwritten and deleted here, and its undo. */

import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import type { Result } from '../../contract/contract.ts';
import type { HistoryOperation } from '../../contract/history.ts';
import type { TransferJob, TransferNode } from '../../contract/transfer.ts';
import { backend } from './backend.ts';

export type { HistoryEntry, HistoryOperation } from '../../contract/history.ts';
export type HistoryPage = Result<'history.list'>;
export type EntriesPage = Result<'history.entries'>;

export const useHistoryStore = defineStore('history', () => {
  /** Counts up with every change, so that what is shown can be read again. */
  const version = shallowRef<number>(0);
  /** The newest operation that was told since the view began. */
  const newest = shallowRef<HistoryOperation | null>(null);

  backend().on('history.operation', (operation) => {
    newest.value = operation;
    version.value++;
  });
  backend().on('history.forgotten', () => {
    version.value++;
  });

  /**
   * Newest first.
   *
   * @param path operations at or below it; null for all
   * @param only of one node of one profile: nothing below it, and no other ensemble
   * @throws ApiError
   */
  const list = (path: string | null, from: number, count: number, only: { readonly profileId: string } | null = null): Promise<HistoryPage> =>
    backend().call('history.list', { profileId: only?.profileId ?? null, path, below: only === null, from, count });

  /** @throws ApiError */
  const entries = (operationId: string, from: number, count: number): Promise<EntriesPage> =>
    backend().call('history.entries', { operationId, from, count });

  /** @throws ApiError */
  const value = (operationId: string, index: number): Promise<TransferNode> => backend().call('history.value', { operationId, index });

  /** @throws ApiError */
  const undo = (connectionId: string, operationId: string, indexes: readonly number[] | null, conflicts: 'leave' | 'overwrite'): Promise<TransferJob> =>
    backend().call('history.undo', { connectionId, operationId, indexes: indexes === null ? null : [...indexes], conflicts });

  /** @throws ApiError */
  const forget = async (operationIds: readonly string[] | null): Promise<void> =>
    void (await backend().call('history.forget', { operationIds: operationIds === null ? null : [...operationIds] }));

  return { version, newest, list, entries, value, undo, forget };
});
