/** What the suites of troubles share: one Apache server with a witness beside the app, and for each test its own app. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { ProfileDraft } from '../../../src/contract/connections.ts';
import { startApacheStandalone } from '../../support/apache.ts';
import { startKazoo, type KazooClient } from '../../support/kazoo.ts';
import type { ServerHandle } from '../../support/server-process.ts';
import type { ServersHandle } from '../../support/server-group.ts';
import { startApp, type WebApp } from './app.ts';
import { launchBrowser, openPage, shotWhenFailed, type OpenPage, type PageOptions } from './browser.ts';

export interface Suite {
  readonly server: ServerHandle;
  /** Another client on the same server. */
  readonly other: KazooClient;
  readonly browser: Browser;
  /** Opens the app on the server, or on what stands before it; ends with the test. */
  open(connect?: string, profile?: Partial<ProfileDraft>, options?: PageOptions): Promise<{ readonly page: Page; readonly app: WebApp }>;
}

/** Call in a describe. Fails a test on whose page the browser complained. */
export function useSuite(): Suite {
  let servers: ServersHandle;
  let other: KazooClient;
  let browser: Browser;
  const apps: WebApp[] = [];
  const pages: OpenPage[] = [];

  beforeAll(async () => {
    [servers, browser] = await Promise.all([startApacheStandalone(), launchBrowser()]);
    other = await startKazoo(servers.connectString, { auth: [['digest', 'keeper:of-keys']] });
  });
  afterAll(async () => {
    await browser?.close();
    await other?.close();
    await servers?.stopAll();
  });
  afterEach(async () => {
    const complaints = pages.flatMap((one) => one.complaints);
    for (const page of pages.splice(0)) await page.close();
    for (const app of apps.splice(0)) await app.stop();
    expect(complaints).toEqual([]);
  });
  shotWhenFailed(() => pages.at(-1)?.page);

  return {
    get server() {
      return servers.servers[0] as ServerHandle;
    },
    get other() {
      return other;
    },
    get browser() {
      return browser;
    },
    async open(connect = servers.connectString, profile = {}, options = {}) {
      const app = await startApp(connect, { name: 'orders', ...profile });
      apps.push(app);
      const opened = await openPage(browser, app.url, options);
      pages.push(opened);
      return { page: opened.page, app };
    },
  };
}
