/** On three real servers: the app is killed in the middle of a copy and goes on with it when it is started again; one node is made like another. */

import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApacheEnsemble } from '../support/apache.ts';
import { startKazoo, type KazooClient } from '../support/kazoo.ts';
import { removeTemporaryDirectory, temporaryDirectory } from '../support/process-guard.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';
import { addressIn, zooscope, type Run } from './hosts-support.ts';
import { launchBrowser, openPage, shot, shotWhenFailed, type OpenPage } from './support/browser.ts';
import { eventually, isConnected, row, rowMenu, toast } from './support/workbench.ts';

describeWith(['chromium', 'java', 'zookeeper', 'kazoo'], 'a transfer that is cut off, on three Apache servers', () => {
  let ensemble: ServersHandle;
  let other: KazooClient;
  let browser: Browser;
  let open: OpenPage | undefined;
  const home = temporaryDirectory();
  const runs: Run[] = [];

  shotWhenFailed(() => open?.page);
  beforeAll(async () => {
    [ensemble, browser] = await Promise.all([startApacheEnsemble({ servers: 3 }), launchBrowser()]);
    other = await startKazoo(ensemble.connectString);
    await other.create('/from', 'top');
    for (let i = 0; i < 60; i++) await other.create(`/from/n-${i}`, `value ${i}`);
  });
  afterAll(async () => {
    await browser?.close();
    await other?.close();
    for (const run of runs) run.child.kill('SIGKILL');
    await Promise.all(runs.map(({ ended }) => ended));
    await ensemble?.stopAll();
    removeTemporaryDirectory(home);
  });

  /** The app on the same data as before. */
  async function start(): Promise<{ page: Page; run: Run }> {
    const run = zooscope(home, ['serve', '--port', '0', '--connect', ensemble.connectString]);
    runs.push(run);
    const url = await eventually(() => {
      const address = addressIn(run.out());
      expect(address, run.err()).toBeDefined();
      return address as string;
    }, 60_000);
    await open?.close();
    open = await openPage(browser, url);
    await isConnected(open.page);
    return { page: open.page, run };
  }
  const job = (page: Page, kind: string): Locator => page.getByRole('region', { name: kind, exact: true });

  test('killed in the middle of a copy: found as interrupted, gone on with, and whole in the end', async () => {
    const { page, run } = await start();
    await row(page, '/from').waitFor();
    await rowMenu(page, '/from', 'Copy to…');
    const copying = page.getByRole('dialog', { name: 'Copy from' });
    await copying.getByRole('combobox', { name: 'Path' }).fill('/to');
    await copying.getByLabel('Nodes per second at most').fill('15');
    await copying.getByRole('button', { name: 'Preview' }).click();
    await copying.getByRole('button', { name: 'Copy 61 nodes' }).click();
    await eventually(async () => expect((await other.children('/to')).length).toBeGreaterThan(3));
    await shot(page, 'transfer-running');
    run.child.kill('SIGKILL');
    await run.ended;
    const soFar = (await other.children('/to')).length;
    expect(soFar).toBeLessThan(60);

    const { page: again } = await start();
    await toast(again, '1 job was interrupted when Zooscope ended last').waitFor();
    await again.getByRole('list', { name: 'Notifications' }).getByRole('button', { name: 'Show' }).click();
    const cut = job(again, 'Copy');
    await cut.getByText('interrupted', { exact: true }).waitFor();
    await cut.getByText('Zooscope ended while it ran. It can go on where it was.').waitFor();
    await shot(again, 'transfer-interrupted');
    await cut.getByRole('button', { name: 'Resume' }).click();
    await cut.getByLabel('Nodes/s at most').fill('');
    await cut.getByLabel('Nodes/s at most').press('Enter');
    await cut.getByText('done', { exact: true }).waitFor();
    const names = await other.children('/to');
    expect(names).toHaveLength(60);
    for (const name of names) expect((await other.get(`/to/${name}`)).data.toString('utf8')).toBe(`value ${name.slice(2)}`);
  });

  test('one node of a comparison is made like the other side at once, and nothing else', async () => {
    if (open === undefined) throw new TypeError('the app was not started');
    const { page } = open;
    await other.set('/to/n-7', 'ours');
    await other.set('/to/n-8', 'ours, too');
    await page.locator('header .tab').first().click();
    await rowMenu(page, '/from', 'Compare with…');
    const comparing = page.getByRole('dialog', { name: 'Compare from' });
    await comparing.getByRole('combobox', { name: 'Path' }).fill('/to');
    await comparing.getByRole('button', { name: 'Compare', exact: true }).click();
    const differences = page.getByRole('tree', { name: 'Differences' });
    await differences.getByText('n-7', { exact: true }).click();
    await page.getByRole('button', { name: 'Make B like A' }).click();
    await toast(page, 'The node is written; the comparison shows how it was').waitFor();
    await eventually(async () => expect((await other.get('/to/n-7')).data.toString('utf8')).toBe('value 7'));
    expect((await other.get('/to/n-8')).data.toString('utf8')).toBe('ours, too');
    await page.getByRole('button', { name: 'Compare again' }).click();
    await differences.getByText('n-7', { exact: true }).waitFor({ state: 'detached' });
    // With the keyboard: down to the node, ticked by the space bar.
    await differences.focus();
    await differences.press('End');
    await differences.press(' ');
    await page.getByText('1 selected').waitFor();
    await shot(page, 'transfer-compare-ticked');
    expect(open.complaints.filter((line) => !/WebSocket|ERR_CONNECTION/.test(line))).toEqual([]);
  });
});
