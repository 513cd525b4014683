/** What stands around an open node: start page, commands, paths, languages, themes, and what is kept. */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { startApp, type WebApp } from './support/app.ts';
import { launchBrowser, openPage, shot, shotWhenFailed, type OpenPage } from './support/browser.ts';
import { choose, eventually, expand, fillConnection, isConnected, node, row } from './support/workbench.ts';

describeWith(['chromium'], 'the shell', () => {
  let app: WebApp;
  let browser: Browser;
  let open: OpenPage;

  shotWhenFailed(() => open?.page);
  beforeAll(async () => {
    [app, browser] = await Promise.all([startApp(null), launchBrowser()]);
    open = await openPage(browser, app.url);
    await isConnected(open.page);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
  });

  test('the palette finds a command by words, shows its keys and runs it', async () => {
    const { page } = open;
    await page.keyboard.press('Control+Shift+P');
    const palette = page.getByRole('dialog', { name: 'Commands' });
    await palette.getByRole('option', { name: 'Go to path… Ctrl+P' }).waitFor();
    await palette.getByRole('combobox').fill('dark theme');
    await eventually(async () => expect(await palette.getByRole('option').allTextContents()).toEqual(['Theme: dark']));
    await palette.getByRole('combobox').press('Enter');
    await palette.waitFor({ state: 'detached' });
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark');
    await shot(page, 'shell-dark');
  });

  test('going to a path completes it from the children of what is typed', async () => {
    const { page } = open;
    await page.keyboard.press('Control+p');
    const field = page.getByRole('dialog', { name: 'Go to path' }).getByRole('combobox');
    await field.fill('/conf');
    await page.getByRole('option', { name: '/config', exact: true }).waitFor();
    await field.press('Tab');
    expect(await field.inputValue()).toBe('/config/');
    await page.getByRole('option', { name: '/config/app', exact: true }).waitFor();
    await field.press('ArrowDown');
    await field.press('Enter');
    await node(page, '/config/app').waitFor();
    await row(page, '/config/app').waitFor();
    expect(await row(page, '/config/app').getAttribute('aria-selected')).toBe('true');
  });

  test('a path that cannot be is refused where it is typed', async () => {
    const { page } = open;
    const bar = page.getByRole('navigation', { name: 'Path' }).getByRole('combobox', { name: 'Path' });
    await bar.fill('/a/../b');
    await page.getByRole('alert').getByText('must not hold the name ..').waitFor();
    await bar.press('Escape');
    expect(await bar.inputValue()).toBe('/config/app');
  });

  test('back, forward and up lead through what was visited', async () => {
    const { page } = open;
    await row(page, '/readme').click();
    await node(page, '/readme').waitFor();
    await page.keyboard.press('Alt+ArrowLeft');
    await node(page, '/config/app').waitFor();
    await page.keyboard.press('Alt+ArrowRight');
    await node(page, '/readme').waitFor();
    await page.keyboard.press('Alt+ArrowUp');
    await page.getByRole('tablist', { name: 'Open nodes' }).getByRole('tab', { name: '/', selected: true }).waitFor();
  });

  test('a page loaded anew looks as it was left', async () => {
    const { page } = open;
    await expand(page, '/queue');
    await row(page, '/readme').dblclick();
    await page.getByRole('region', { name: 'Panel' }).getByRole('tab', { name: 'Requests' }).click();
    const kept = (): Promise<string> => page.evaluate(() => Object.values(localStorage).join());
    await eventually(async () => expect(await kept()).toMatch(/"tabs":\[[^\]]*"\/readme".*"panel":"requests".*"expanded":\[[^\]]*"\/queue"/));
    await page.reload();
    await node(page, '/readme').waitFor();
    await page.locator('[data-key="/queue"][aria-expanded="true"]').waitFor();
    await page.getByRole('tab', { name: 'Requests', selected: true }).waitFor();
  });

  test('everything speaks Chinese when told to, at once', async () => {
    const { page } = open;
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('menuitemcheckbox', { name: '简体中文' }).click();
    await page.getByRole('tab', { name: '集群' }).waitFor();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('zh-CN');
    await shot(page, 'shell-chinese');
    await page.getByRole('button', { name: '起始页' }).click();
    await page.getByRole('heading', { name: '本地服务器' }).waitFor();
    const english = await page.locator('main').evaluate((main) => (main as HTMLElement).innerText.match(/[A-Za-z]{3,} [a-z]{3,}/g) ?? []);
    expect(english.filter((words) => !/Local ensemble|Apache ZooKeeper/.test(words))).toEqual([]);
    await page.getByRole('button', { name: '设置' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Local servers' }).waitFor();
  });

  test('the connection dialog says what is wrong beside the field, and loses nothing unasked', async () => {
    const { page } = open;
    const dialog = await fillConnection(page, { name: '', connectString: 'zk1:2181,,zk2' });
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await dialog.getByText('There is an empty entry between two commas.').waitFor();
    await dialog.getByText('This is needed.').waitFor();
    await eventually(async () => expect(await dialog.getByLabel('Name', { exact: true }).evaluate((input) => input === document.activeElement)).toBe(true));
    await dialog.getByLabel('Connect string').fill('zk1,zk2:2182/app');
    await dialog.getByText('2 servers, below /app').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('alertdialog', { name: 'Discard what you typed?' }).getByRole('button', { name: 'Keep editing' }).click();
    await dialog.getByLabel('Name', { exact: true }).fill('orders');
    await dialog.getByLabel('Group').fill('Shop');
    await dialog.getByRole('button', { name: 'Add credentials' }).click();
    await choose(dialog, 'Scheme', 'digest');
    await dialog.getByLabel('User').fill('ann');
    await dialog.getByLabel('Password').fill('secret');
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /orders.*zk1,zk2:2182\/app/ }).waitFor();
  });

  test('a saved password is never shown again', async () => {
    const { page } = open;
    const saved = page.getByRole('row', { name: /orders/ });
    await saved.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Edit…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Edit connection' });
    expect(await dialog.getByLabel('User').inputValue()).toBe('ann');
    expect(await dialog.getByLabel('Password').inputValue()).toBe('');
    expect(await dialog.getByLabel('Password').getAttribute('placeholder')).toBe('Saved; type to replace');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });

  test('connections are searched, duplicated and removed', async () => {
    const { page } = open;
    const rows = page.getByRole('region', { name: 'Connections' }).getByRole('row').filter({ has: page.getByRole('button') });
    await page.getByRole('row', { name: /orders/ }).click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Duplicate' }).click();
    const dialog = page.getByRole('dialog', { name: 'New connection' });
    expect(await dialog.getByLabel('Name', { exact: true }).inputValue()).toBe('orders (copy)');
    await dialog.getByLabel('Password').fill('other');
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await eventually(async () => expect(await rows.count()).toBe(2));
    await page.getByRole('textbox', { name: 'Search connections' }).fill('shop copy');
    await eventually(async () => expect(await rows.count()).toBe(1));
    await shot(page, 'start-page-search');
    await rows.first().getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Remove…' }).click();
    await page.getByRole('alertdialog', { name: 'Remove “orders (copy)”?' }).getByRole('button', { name: 'Remove' }).click();
    await page.getByText('No connection matches “shop copy”').waitFor();
    await page.getByRole('textbox', { name: 'Search connections' }).press('Escape');
    await eventually(async () => expect(await rows.count()).toBe(1));
  });

  test('the browser had nothing to complain about', () => expect(open.complaints).toEqual([]));
});
