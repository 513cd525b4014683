/** The app itself: what it is, its settings, and whether the view still reaches it. */

import { defineStore } from 'pinia';
import { ref, shallowRef } from 'vue';
import { DEFAULT_SETTINGS, type Notice, type Settings } from '../../contract/app.ts';
import type { Result } from '../../contract/contract.ts';
import { applyLanguage } from '../i18n/i18n.ts';
import { applyTheme } from '../theme/theme.ts';
import type { LinkState } from '../api/client.ts';
import { backend } from './backend.ts';
import { useToastsStore } from './toasts.ts';

export type AppInfo = Result<'app.info'>;

export const useAppStore = defineStore('app', () => {
  const info = shallowRef<AppInfo | null>(null);
  const settings = shallowRef<Settings>(DEFAULT_SETTINGS);
  const link = shallowRef<LinkState>({ kind: 'connecting', reason: null, opened: 0, retryAtMs: null });
  /** The wall clock, some times a minute, for "3 minutes ago". */
  const nowMs = ref<number>(Date.now());

  function take(next: Settings): void {
    settings.value = next;
    applyTheme(next.theme);
    applyLanguage(next.language);
  }

  function show({ message, level }: Notice): void {
    if (level !== 'info') useToastsStore().note(message);
  }

  /** Reads the settings and keeps them current. @throws ApiError */
  async function start(): Promise<void> {
    const api = backend();
    link.value = api.linkState;
    api.onLinkState((state) => {
      link.value = state;
    });
    api.on('settings.changed', take);
    api.on('app.notice', show);
    setInterval(() => {
      nowMs.value = Date.now();
    }, 20_000);
    const [first, about] = await Promise.all([api.call('settings.get', {}), api.call('app.info', {})]);
    take(first);
    info.value = about;
    for (const notice of await api.call('app.notices', {})) show(notice);
  }

  /** Changes settings, here at once and then for good. */
  async function change(part: Partial<Settings>, doing: string): Promise<void> {
    const before = settings.value;
    take({ ...before, ...part });
    try {
      take(await backend().call('settings.set', part));
    } catch (thrown) {
      take(before);
      useToastsStore().fail(doing, thrown);
    }
  }

  function reconnect(): void {
    backend().reconnect();
  }

  return { info, settings, link, nowMs, start, change, reconnect };
});
