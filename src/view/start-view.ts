/** Makes the view over any link: the page's own, or a test's. */

import { createPinia } from 'pinia';
import { createApp, type App as VueApp } from 'vue';
import { createApi, type Link } from './api/client.ts';
import App from './App.vue';
import { applyLanguage, i18n } from './i18n/i18n.ts';
import { useText } from './i18n/use-text.ts';
import { useAppStore } from './stores/app.ts';
import { provideBackend } from './stores/backend.ts';
import { useActivityStore } from './stores/activity.ts';
import { useConnectionsStore } from './stores/connections.ts';
import { useLabStore } from './stores/lab.ts';
import { useProfilesStore } from './stores/profiles.ts';
import { useToastsStore } from './stores/toasts.ts';
import { useHistoryStore } from './stores/history.ts';
import { useTransfersStore } from './stores/transfers.ts';
import { useTreeStore } from './stores/tree.ts';
import { useWorkbenchStore } from './stores/workbench.ts';
import './theme/tokens.css';
import './theme/base.css';

/** Mounts the view on an element. What is open already is shown; so is what the command line asked for. */
export async function startView(link: Link, element: Element): Promise<VueApp> {
  provideBackend(createApi(link));
  applyLanguage('system');
  const app = createApp(App).use(createPinia());
  const toasts = useToastsStore();
  useTreeStore().start();
  app.mount(element);
  const started = [useAppStore().start(), useProfilesStore().start(), useConnectionsStore().start(), useLabStore().start(), useTransfersStore().start()];
  useHistoryStore();
  for (const result of await Promise.allSettled(started)) {
    if (result.status === 'rejected') toasts.fail(i18n.global.t('start.loadFailed'), result.reason);
  }
  tellInterrupted();
  await showFirst(toasts);
  return app;
}

async function showFirst(toasts: ReturnType<typeof useToastsStore>): Promise<void> {
  const workbench = useWorkbenchStore();
  const connections = useConnectionsStore();
  const startProfileId = useAppStore().info?.startProfileId ?? null;
  const open = connections.list.at(-1);
  try {
    if (startProfileId !== null) await workbench.openProfile(startProfileId);
    else if (open !== undefined) workbench.show(open.connectionId);
  } catch (thrown) {
    toasts.fail(i18n.global.t('start.openFailed'), thrown);
  }
}

/** Jobs that the end of the app cut off: they wait to be gone on with. */
function tellInterrupted(): void {
  const jobs = useTransfersStore().list.filter(({ state, resumable }) => state === 'interrupted' && resumable);
  const [first] = jobs;
  if (first === undefined) return;
  const { t, count } = useText();
  const show = (): void => useActivityStore().showJob(first.jobId);
  useToastsStore().say(count('transfer.job.interrupted', jobs.length), 'info', { label: t('transfer.job.show'), run: show });
}
