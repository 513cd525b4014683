/** Chromium without a window, and pages of the app in it. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterEach } from 'vitest';
import type { Api } from '../../../src/view/api/client.ts';
import { requireParts } from '../../support/requirements.ts';

const ARGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
const SHOTS = fileURLToPath(new URL('../../../out/screenshots', import.meta.url));

export interface PageOptions {
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
}

export interface OpenPage {
  readonly page: Page;
  /** What the browser complained about: script errors, refused resources. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** Starts the browser; close it after the suite. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: requireParts('chromium').chromium.executable, args: ARGS });
}

/** Opens the app in a window of its own, in English unless its settings say otherwise, with a clipboard. */
export async function openPage(browser: Browser, url: string, options: PageOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    colorScheme: options.theme ?? 'light',
    locale: 'en-US',
    reducedMotion: 'reduce',
  });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(url).origin });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}

/** Keeps a picture of the page below out/screenshots, when ZOOSCOPE_SHOTS asks for it. */
export async function shot(page: Page, name: string): Promise<void> {
  if (!process.env['ZOOSCOPE_SHOTS']) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), animations: 'disabled', caret: 'initial' });
}

/** The same page in both themes and both languages, each kept as a picture when ZOOSCOPE_SHOTS asks for it. */
export async function gallery(app: { api(): Promise<Api> }, page: Page, name: string): Promise<void> {
  if (!process.env['ZOOSCOPE_SHOTS']) return;
  const api = await app.api();
  for (const language of ['zh-CN', 'en'] as const) {
    for (const theme of ['dark', 'light'] as const) {
      await api.call('settings.set', { theme, language });
      await page.waitForFunction(([wanted, lang]) => document.documentElement.dataset['theme'] === wanted && document.documentElement.lang === lang, [theme, language] as const);
      await shot(page, `${name}.${theme}.${language}`);
    }
  }
}

/** Call in a suite: keeps a picture of the page on which a test failed. */
export function shotWhenFailed(page: () => Page | undefined): void {
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    await shot(page() as Page, `failed ${task.name}`.replaceAll(/[^a-z0-9]+/gi, '-').slice(0, 80)).catch(() => undefined);
  });
}
