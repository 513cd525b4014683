/** The first page when there is nothing on it any more: everything that can be made is offered there, also with options. */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { faintTexts, namelessControls } from './support/accessible.ts';
import { startApp, type WebApp } from './support/app.ts';
import { gallery, launchBrowser, openPage, shotWhenFailed, type OpenPage } from './support/browser.ts';
import { isConnected } from './support/workbench.ts';

describeWith(['chromium'], 'a first page with nothing on it', () => {
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

  test('is what is left when the ensemble of the first run is deleted', async () => {
    const { page } = open;
    await page.getByRole('button', { name: 'Start page' }).click();
    await page.getByRole('button', { name: 'Actions for Local ensemble', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Delete…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete “Local ensemble”?' });
    await dialog.getByLabel('Type Local ensemble to delete it').fill('Local ensemble');
    await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('No connections yet').waitFor();
    await page.getByRole('button', { name: 'Start with options…' }).waitFor();
    await gallery(app, page, 'start-nothing');
    expect(await faintTexts(page)).toEqual([]);
    expect(await namelessControls(page)).toEqual([]);
  });

  test('asks for options, and starts what was chosen', async () => {
    const { page } = open;
    await page.getByRole('button', { name: 'Start with options…' }).click();
    const dialog = page.getByRole('dialog', { name: 'New local ensemble' });
    await dialog.getByLabel('Name').fill('mine');
    await dialog.getByRole('radiogroup', { name: 'Servers that vote' }).getByRole('radio', { name: '1' }).click();
    await dialog.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByRole('tab', { name: 'mine', selected: true }).waitFor();
    await isConnected(page);
    expect(open.complaints).toEqual([]);
  });
});
