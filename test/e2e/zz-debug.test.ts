/** The tree in a real browser: an ARIA tree, worked by keyboard, at any width, kept current. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from '../../src/view/api/client.ts';
import { describeWith } from '../support/requirements.ts';
import { startApp, type WebApp } from './support/app.ts';
import { launchBrowser, openPage, shot, shotWhenFailed, type OpenPage } from './support/browser.ts';
import { eventually, expand, isConnected, noteBelow, row, tree } from './support/workbench.ts';

const WIDE = 3_000;
const ASK_ABOVE = 1_000;

describeWith(['chromium'], 'the tree', () => {
  let app: WebApp;
  let api: Api;
  let connectionId: string;
  let browser: Browser;
  let open: OpenPage;

  const create = async (path: string): Promise<void> => {
    await api.call('node.create', { connectionId, path, kind: 'persistent', data: null, acl: null, ttlMs: null, parents: true });
  };

  shotWhenFailed(() => open?.page);
  beforeAll(async () => {
    [app, browser] = await Promise.all([startApp(null), launchBrowser()]);
    api = await app.api();
    open = await openPage(browser, app.url);
    await isConnected(open.page);
    connectionId = (await api.call('connections.list', {}))[0]?.connectionId ?? '';
    for (const path of ['/keys/alpha/one', '/keys/alpha/two', '/keys/beta/three', '/keys/bravo', '/wide']) await create(path);
    for (let i = 0; i < WIDE; i += 200) {
      await Promise.all(Array.from({ length: 200 }, (_, n) => create(`/wide/item-${String(i + n).padStart(5, '0')}`)));
    }
    await api.call('settings.set', { wideNodeChildren: ASK_ABOVE });
    await row(open.page, '/wide').waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
  });

  /** The row that the keyboard is on, as assistive technology is told. */
  const active = (page: Page): Promise<string | null> =>
    tree(page).evaluate((element) => {
      const id = element.getAttribute('aria-activedescendant');
      return id === null ? null : (document.getElementById(id)?.getAttribute('data-key') ?? null);
    });
  const press = async (page: Page, key: string, leadsTo: string): Promise<void> => {
    await page.keyboard.press(key);
    await eventually(async () => expect(await active(page)).toBe(leadsTo));
  };

  test('says to assistive technology what it shows', async () => {
    const { page } = open;
    await expand(page, '/keys');
    const alpha = row(page, '/keys/alpha');
    await eventually(async () => expect(await alpha.getAttribute('aria-label')).toBe('alpha, 2 children'));
    expect(await alpha.getAttribute('aria-level')).toBe('3');
    expect(await alpha.getAttribute('aria-setsize')).toBe('3');
    expect(await alpha.getAttribute('aria-posinset')).toBe('1');
    expect(await alpha.getAttribute('aria-expanded')).toBe('false');
    await eventually(async () => expect(await row(page, '/keys/bravo').getAttribute('aria-expanded')).toBeNull());
    await alpha.click();
    expect(await alpha.getAttribute('aria-selected')).toBe('true');
  });

  test('is worked by keyboard alone', async () => {
    const { page } = open;
    await page.keyboard.press('Control+0');
    await press(page, 'Home', '/');
    await page.keyboard.type('keys');
    await eventually(async () => expect(await active(page)).toBe('/keys'));
    await press(page, 'ArrowRight', '/keys/alpha');
    await page.keyboard.press('ArrowRight');
    await row(page, '/keys/alpha/one').waitFor();
    await press(page, 'ArrowRight', '/keys/alpha/one');
    await press(page, 'ArrowDown', '/keys/alpha/two');
    await press(page, 'ArrowLeft', '/keys/alpha');
    await page.keyboard.press('ArrowLeft');
    await row(page, '/keys/alpha/one').waitFor({ state: 'detached' });
    await press(page, 'ArrowLeft', '/keys');
    await press(page, 'ArrowRight', '/keys/alpha');
    await page.keyboard.press('*');
    await row(page, '/keys/alpha/one').waitFor();
    await row(page, '/keys/beta/three').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('tablist', { name: 'Open nodes' }).getByRole('tab', { name: 'alpha', selected: true }).waitFor();
    await page.keyboard.press('Shift+F10');
    await page.getByRole('menuitem', { name: 'Create a child…' }).waitFor();
    await page.keyboard.press('Escape');
  });

  test('a single click previews, a double click keeps', async () => {
    const { page } = open;
    const tabs = page.getByRole('tablist', { name: 'Open nodes' }).getByRole('tab');
    await row(page, '/keys/bravo').click();
    await tabs.filter({ hasText: 'bravo' }).waitFor();
    await row(page, '/keys/alpha/two').click();
    await eventually(async () => expect((await tabs.allTextContents()).map((text) => text.trim())).toEqual(['alpha', 'two']));
    await row(page, '/keys/alpha/one').dblclick();
    await row(page, '/keys/bravo').click();
    await eventually(async () => expect((await tabs.allTextContents()).map((text) => text.trim())).toEqual(['alpha', 'one', 'bravo']));
  });

  test('a wide node asks first; then a few rows stand for all of them', async () => {
    const { page } = open;
    // The number of its children was read before there were any.
    await row(page, '/wide').click();
    await page.keyboard.press('F5');
    await row(page, '/wide').getByText('3,000').waitFor();
    await row(page, '/wide').locator('.twisty').click();
    await noteBelow(page, '/wide').getByText('3,000 children').waitFor();
    await noteBelow(page, '/wide').getByRole('button', { name: 'List them' }).click();
    await row(page, '/wide/item-00000').waitFor();
    expect(await page.getByRole('treeitem').count()).toBeLessThan(120);
    await page.keyboard.press('Control+0');
    await page.keyboard.type('item');
    await eventually(async () => expect(await active(page)).toBe('/wide/item-00000'));
    await page.keyboard.press('End');
    await row(page, '/zookeeper').waitFor();
    const scrolled = await tree(page).evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);
    expect(scrolled).toBeLessThan(2);
    await tree(page).evaluate((element) => element.scrollTo(0, element.scrollHeight / 2));
    await eventually(async () => expect(await page.locator('[data-key^="/wide/item-01"]').count()).toBeGreaterThan(10));
    await shot(page, 'tree-wide');
  });

  test('asks for counts of rows on screen only', async () => {
    const { page } = open;
    // Rows that are known to have no children cannot be expanded; a few around the screen are not known.
    const unknown = page.locator('[data-key^="/wide/item-01"][aria-expanded]');
    await eventually(async () => expect(await unknown.count()).toBeLessThanOrEqual(16));
    const log = await api.call('requests.history', { connectionId, afterSeq: 0 });
    const asked = new Set(log.filter(({ operation, path }) => /exists/i.test(operation) && path?.startsWith('/wide/')).map(({ path }) => path));
    expect(asked.size).toBeGreaterThan(10);
    expect(asked.size).toBeLessThan(400);
  });

  test('what others add arrives, and what is on screen stays where it is', async () => {
    const { page } = open;
    await tree(page).evaluate((element) => element.scrollTo(0, 0));
    await row(page, '/keys/bravo').click();
    const before = await row(page, '/keys/bravo').boundingBox();
    await create('/keys/alpha-too');
    await row(page, '/keys/alpha-too').waitFor();
    expect(await row(page, '/keys/bravo').getAttribute('aria-selected')).toBe('true');
    // At the top of the tree nothing is above the screen: the new row moves it down by its own height.
    expect((await row(page, '/keys/bravo').boundingBox())?.y).toBe((before?.y ?? 0) + 22);
    await tree(page).evaluate((element) => element.scrollTo(0, element.scrollHeight / 2));
    await page.locator('[data-key="/wide/item-01500"]').waitFor();
    const seen0 = await page.locator('[data-key="/wide/item-01500"]').evaluate((e) => [e.getBoundingClientRect().y, (e.parentElement as HTMLElement).style.transform, document.querySelector('[role=tree]')!.scrollTop]);
    const seen = await page.locator('[data-key="/wide/item-01500"]').boundingBox();
    const seen2 = await page.locator('[data-key="/wide/item-01500"]').evaluate((e) => [e.getBoundingClientRect().y, (e.parentElement as HTMLElement).style.transform, document.querySelector('[role=tree]')!.scrollTop]);
    console.log('DUMP', seen?.y, JSON.stringify(seen0), JSON.stringify(seen2));
    await create('/0-first');
    await eventually(async () => {
      const { length } = await api.call('requests.history', { connectionId, afterSeq: 0 }).then((log) =>
        log.filter(({ operation, path }) => /children/i.test(operation) && path === '/'));
      expect(length).toBeGreaterThan(1);
      expect((await page.locator('[data-key="/wide/item-01500"]').boundingBox())?.y).toBeCloseTo(seen?.y ?? 0, 0);
    });
    await tree(page).press('Home');
    await row(page, '/0-first').waitFor();
  });

  test('filters the names that are loaded', async () => {
    const { page } = open;
    const filter = page.getByRole('textbox', { name: 'Filters the names that are loaded' });
    await filter.fill('0299');
    await row(page, '/wide/item-02990').waitFor();
    await eventually(async () => expect(await page.getByRole('treeitem').count()).toBe(13));
    await filter.press('Escape');
    await row(page, '/keys').waitFor();
  });

  test('the browser had nothing to complain about', () => expect(open.complaints).toEqual([]));
});
