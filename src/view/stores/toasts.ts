/** Short messages in the corner: what was done, and what failed where no place on screen shows it. */

import { defineStore } from 'pinia';
import { ref } from 'vue';
import type { Failure } from '../../contract/shapes.ts';
import { failureOf, isCancelled } from './backend.ts';

export interface Toast {
  readonly id: number;
  readonly tone: 'info' | 'success' | 'error';
  readonly text: string;
  readonly failure?: Failure | undefined;
  readonly action?: { readonly label: string; readonly run: () => void } | undefined;
}

const SHOWN_MAX = 4;
const STAYS_MS = 4_000;
const STAYS_WITH_ACTION_MS = 10_000;

export const useToastsStore = defineStore('toasts', () => {
  const toasts = ref<readonly Toast[]>([]);
  let last = 0;

  function add(toast: Omit<Toast, 'id'>): number {
    const id = ++last;
    toasts.value = [...toasts.value, { ...toast, id }].slice(-SHOWN_MAX);
    return id;
  }

  function dismiss(id: number): void {
    toasts.value = toasts.value.filter((toast) => toast.id !== id);
  }

  /** Says something that goes away by itself. */
  function say(text: string, tone: 'info' | 'success' = 'success', action?: Toast['action']): void {
    const id = add({ tone, text, action });
    setTimeout(() => dismiss(id), action === undefined ? STAYS_MS : STAYS_WITH_ACTION_MS);
  }

  /** Says something that stays until it is dismissed. */
  function note(text: string): void {
    add({ tone: 'info', text });
  }

  /** Shows what a call threw, until it is dismissed; a cancelled call says nothing. @param doing what failed */
  function fail(doing: string, thrown: unknown): void {
    if (!isCancelled(thrown)) add({ tone: 'error', text: doing, failure: failureOf(thrown) });
  }

  function act(id: number): void {
    toasts.value.find((toast) => toast.id === id)?.action?.run();
    dismiss(id);
  }

  return { toasts, say, note, fail, dismiss, act };
});
