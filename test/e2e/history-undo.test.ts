/** What was overwritten is kept and put back, in the browser, on the embedded server: a save, a conflict, an ACL, one of many. */

import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startKazoo, type KazooClient } from '../support/kazoo.ts';
import { describeWith } from '../support/requirements.ts';
import { startApp, type WebApp } from './support/app.ts';
import { launchBrowser, openPage, shot, shotWhenFailed, type OpenPage } from './support/browser.ts';
import { choose, editor, eventually, goTo, isConnected, node, part, paste, row, rowMenu, save, statusLine, waitForText } from './support/workbench.ts';

describeWith(['chromium', 'kazoo'], 'history on the embedded server', () => {
  let app: WebApp;
  let browser: Browser;
  let open: OpenPage;
  let other: KazooClient;

  shotWhenFailed(() => open?.page);
  beforeAll(async () => {
    [app, browser] = await Promise.all([startApp(null), launchBrowser()]);
    open = await openPage(browser, app.url);
    await isConnected(open.page);
    other = await startKazoo((await statusLine(open.page).getByText(/^127\.0\.0\.1:\d+$/).textContent()) ?? '');
  });
  afterAll(async () => {
    await other?.close();
    await browser?.close();
    await app?.stop();
  });

  const text = async (path: string): Promise<string> => (await other.get(path)).data.toString('utf8');
  const job = (page: Page, kind: string): Locator => page.getByRole('region', { name: kind, exact: true });
  const backToTree = (page: Page): Promise<void> => page.locator('header .tab').first().click();
  const undoToast = (page: Page): Locator => page.getByRole('list', { name: 'Notifications' }).getByRole('button', { name: 'Undo' }).last();

  test('a save is undone from its message', async () => {
    const { page } = open;
    await other.create('/kept', 'first');
    await goTo(page, '/kept');
    await waitForText(page, '/kept', 'first');
    await paste(page, '/kept', 'second');
    await save(page, '/kept');
    expect(await text('/kept')).toBe('second');
    await undoToast(page).click();
    const undoing = page.getByRole('dialog', { name: 'Undo: kept' });
    await undoing.getByText('Puts back 1 node as it was.').waitFor();
    await undoing.getByRole('button', { name: 'Undo', exact: true }).click();
    await job(page, 'Undo').getByText('done', { exact: true }).waitFor();
    expect(await text('/kept')).toBe('first');
  });

  test('what somebody else wrote since is left, and overwritten only when that is chosen', async () => {
    const { page } = open;
    await backToTree(page);
    await goTo(page, '/kept');
    await waitForText(page, '/kept', 'first');
    await paste(page, '/kept', 'third');
    await save(page, '/kept');
    await other.set('/kept', 'theirs');
    await waitForText(page, '/kept', 'theirs');
    await part(page, 'History');
    const history = node(page, '/kept');
    await history.getByRole('button', { name: /^Saved \/kept/ }).first().waitFor();
    await eventually(async () => {
      const lines = (await history.locator('.view-lines').allTextContents()).join('\n');
      expect(lines).toContain('first');
      expect(lines).toContain('theirs');
    });
    await shot(page, 'history-node');
    const undo = async (conflicts: string): Promise<void> => {
      await history.getByRole('button', { name: /^Saved \/kept/ }).first().click();
      await history.getByRole('button', { name: 'Undo', exact: true }).click();
      const dialog = page.getByRole('dialog', { name: 'Undo: kept' });
      await choose(dialog, 'A node that somebody has changed since', conflicts);
      await dialog.getByRole('button', { name: 'Undo', exact: true }).click();
      await job(page, 'Undo').getByText('done', { exact: true }).waitFor();
    };
    await undo('is left alone and reported');
    await job(page, 'Undo').getByRole('listbox', { name: 'Nodes of this job' }).getByText('changed since').waitFor();
    await shot(page, 'history-conflict');
    expect(await text('/kept')).toBe('theirs');
    await backToTree(page);
    await undo('is overwritten');
    await eventually(async () => expect(await text('/kept')).toBe('first'));
    await backToTree(page);
    await part(page, 'Data');
    await waitForText(page, '/kept', 'first');
    await editor(page, '/kept').waitFor({ state: 'attached' });
  });

  test('one node of a deletion is put back, then the rest; production asks for the name', async () => {
    const { page } = open;
    await other.create('/branch', 'top');
    for (const name of ['a', 'b', 'c']) await other.create(`/branch/${name}`, name);
    await row(page, '/branch').waitFor();
    await rowMenu(page, '/branch', 'Delete…');
    const deleting = page.getByRole('dialog', { name: 'Delete branch?' });
    await deleting.getByRole('button', { name: 'Delete 4 nodes' }).click();
    await deleting.waitFor({ state: 'detached' });
    expect(await other.exists('/branch')).toBeNull();
    await page.getByRole('button', { name: /^Jobs and history/ }).click();
    await page.getByRole('tab', { name: 'History' }).click();
    await page.getByRole('searchbox', { name: 'At or below a path' }).fill('/branch');
    const operation = page.getByRole('region', { name: '/branch', exact: true });
    const entries = operation.getByRole('listbox', { name: 'Nodes as they were' });
    await entries.getByRole('option', { name: /^\/branch deleted/ }).click();
    await shot(page, 'history-entries');
    await operation.getByRole('button', { name: 'Put this node back' }).click();
    const undoing = page.getByRole('dialog', { name: 'Undo: branch' });
    await undoing.getByText('Puts back 1 node as it was.').waitFor();
    await undoing.getByRole('button', { name: 'Undo', exact: true }).click();
    await job(page, 'Undo').getByText('done', { exact: true }).waitFor();
    expect(await text('/branch')).toBe('top');
    expect(await other.children('/branch')).toEqual([]);

    const api = await app.api();
    const [profile] = await api.call('profiles.list', {});
    if (profile === undefined) throw new TypeError('no profile');
    await api.call('profiles.save', { ...profile, environment: 'production', auth: [] });
    await page.getByRole('tab', { name: 'History' }).click();
    await page.getByText('undone in part').first().waitFor();
    await operation.getByRole('button', { name: 'Undo all' }).click();
    const go = undoing.getByRole('button', { name: 'Undo', exact: true });
    await undoing.getByLabel(/^Type branch to confirm/).waitFor();
    expect(await go.isDisabled()).toBe(true);
    await undoing.getByLabel(/^Type branch to confirm/).fill('branch');
    await shot(page, 'history-production');
    await go.click();
    await job(page, 'Undo').getByText('done', { exact: true }).waitFor();
    expect((await other.children('/branch')).sort()).toEqual(['a', 'b', 'c']);
    expect(await text('/branch/b')).toBe('b');
  });

  test('history is forgotten after a question', async () => {
    const { page } = open;
    await page.getByRole('tab', { name: 'History' }).click();
    await page.getByRole('searchbox', { name: 'At or below a path' }).fill('');
    await page.getByRole('button', { name: 'Forget all…' }).click();
    await page.getByRole('alertdialog', { name: 'Forget the history?' }).getByRole('button', { name: 'Forget' }).click();
    await page.getByText('Nothing was overwritten or deleted yet').waitFor();
    await shot(page, 'history-empty');
    expect(open.complaints).toEqual([]);
  });
});
