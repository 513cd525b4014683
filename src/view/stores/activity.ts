/** The page of jobs and history: whether it is on screen, and what is chosen on it. */

import { defineStore } from 'pinia';
import { ref } from 'vue';

export const ACTIVITY_TABS = ['jobs', 'history'] as const;
export type ActivityTab = (typeof ACTIVITY_TABS)[number];

export const useActivityStore = defineStore('activity', () => {
  const shown = ref<boolean>(false);
  const tab = ref<ActivityTab>('jobs');
  const jobId = ref<string | null>(null);
  const operationId = ref<string | null>(null);
  /** History of this path only, and of what is below it; empty for all. */
  const path = ref<string>('');

  function showJob(id: string | null): void {
    shown.value = true;
    tab.value = 'jobs';
    if (id !== null) jobId.value = id;
  }

  function showHistory(of = '', id: string | null = null): void {
    shown.value = true;
    tab.value = 'history';
    path.value = of;
    if (id !== null) operationId.value = id;
  }

  function hide(): void {
    shown.value = false;
  }

  return { shown, tab, jobId, operationId, path, showJob, showHistory, hide };
});
