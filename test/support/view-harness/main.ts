/**
 * The view on a fake backend, for looking at screens and for tests without a host. Never part of a build that ships.
 * The address chooses what is there: `?empty`, `?delay=200`, `?theme=dark`, `?language=zh-CN`, `?open=p1,p3`.
 */

import { memoryPair } from '../../../src/view/api/memory-link.ts';
import { startView } from '../../../src/view/start-view.ts';
import { FakeBackend } from '../fake-backend.ts';

const query = new URLSearchParams(location.search);
const backend = new FakeBackend({ empty: query.has('empty'), delayMs: Number(query.get('delay') ?? 3) });
const theme = query.get('theme');
const language = query.get('language');
backend.settings = {
  ...backend.settings,
  theme: theme === 'dark' || theme === 'light' ? theme : 'system',
  language: language === 'zh-CN' || language === 'en' ? language : 'system',
};
for (const profileId of (query.get('open') ?? '').split(',')) {
  if (profileId !== '') await backend.handlers['connections.open']({ profileId }, new AbortController().signal);
}
const { link, host } = memoryPair();
backend.serve(host);
Object.assign(window, { backend, harnessHost: host });

const element = document.querySelector('#app');
if (element !== null) await startView(link, element);
document.documentElement.dataset['ready'] = 'true';
