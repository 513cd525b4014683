/**
 * Which dialog is asked for. Whoever wants one says so here; the component that owns the dialog shows it and calls
 * `close`. At most one is open.
 */

import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import type { ProfileDraft } from '../../contract/connections.ts';
import type { HistoryOperation } from '../../contract/history.ts';
import type { TransferWork } from '../../contract/transfer.ts';

export type DialogRequest =
  | { readonly kind: 'connection'; readonly draft: ProfileDraft; readonly savedAuth: readonly string[] }
  | { readonly kind: 'settings' }
  | { readonly kind: 'goToPath' }
  | { readonly kind: 'palette' }
  | { readonly kind: 'closeTab'; readonly connectionId: string; readonly path: string }
  | { readonly kind: 'closeConnection'; readonly connectionId: string }
  | { readonly kind: 'removeProfile'; readonly profileId: string }
  /** Shown by components/lab: */
  | { readonly kind: 'serverFiles'; readonly labId: string; readonly serverId: number }
  /** Shown by components/transfer and components/history: */
  | {
      readonly kind: 'transfer';
      readonly what: 'export' | 'import' | 'copy' | 'move' | 'compare' | 'setAcl' | 'delete';
      readonly connectionId: string;
      readonly path: string;
      /** A work that is whole: only its preview is shown. */
      readonly ready?: Exclude<TransferWork, { kind: 'export' | 'compare' }> | undefined;
    }
  | { readonly kind: 'undo'; readonly connectionId: string; readonly operation: HistoryOperation; readonly indexes: readonly number[] | null }
  /** Shown by components/node: */
  | { readonly kind: 'createNode'; readonly connectionId: string; readonly parent: string; readonly name?: string | undefined }
  | { readonly kind: 'deleteNode'; readonly connectionId: string; readonly path: string }
  | { readonly kind: 'watchNode'; readonly connectionId: string; readonly path: string };

export const useDialogsStore = defineStore('dialogs', () => {
  const current = shallowRef<DialogRequest | null>(null);

  function open(request: DialogRequest): void {
    current.value = request;
  }

  function close(): void {
    current.value = null;
  }

  return { current, open, close };
});
