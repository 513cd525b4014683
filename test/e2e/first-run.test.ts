/** A fresh machine: one command, and the embedded ensemble with its sample tree is open, to be looked at and changed. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startKazoo, type KazooClient } from '../support/kazoo.ts';
import { describeWith } from '../support/requirements.ts';
import { startApp, type WebApp } from './support/app.ts';
import { launchBrowser, openPage, shot, shotWhenFailed, type OpenPage } from './support/browser.ts';
import {
  choose, eventually, goTo, isConnected, node, panel, part, row, rowMenu, save, statusLine, toast, waitForText,
} from './support/workbench.ts';

describeWith(['chromium', 'kazoo'], 'the first run on the embedded ensemble', () => {
  let app: WebApp;
  let browser: Browser;
  let open: OpenPage;
  let other: KazooClient;

  shotWhenFailed(() => open?.page);
  beforeAll(async () => {
    [app, browser] = await Promise.all([startApp(null), launchBrowser()]);
    open = await openPage(browser, app.url);
  });
  afterAll(async () => {
    await other?.close();
    await browser?.close();
    await app?.stop();
  });

  test('opens the sample tree by itself', async () => {
    const { page } = open;
    await isConnected(page);
    for (const name of ['config', 'locks', 'queue', 'samples', 'services']) await row(page, `/${name}`).waitFor();
    other = await startKazoo((await statusLine(page).getByText(/^127\.0\.0\.1:\d+$/).textContent()) ?? '');
    expect(await other.children('/')).toContain('samples');
    await goTo(page, '/config/app/features.json');
    await waitForText(page, '/config/app/features.json', '"percentage"');
    await shot(page, 'first-run');
    await page.getByRole('button', { name: 'Start page' }).click();
    await page.getByRole('region', { name: 'Local servers' }).getByText('running', { exact: true }).waitFor();
    await shot(page, 'start-page-first-run');
    await page.getByRole('tab', { name: /Local ensemble/ }).click();
  });

  test('creates a node of each kind', async () => {
    const { page } = open;
    const kinds = [
      ['Persistent', 'plain'], ['Ephemeral', 'passing'], ['Persistent, sequential', 'seq-'], ['Ephemeral, sequential', 'passing-seq-'],
      ['Container', 'container'], ['With a time to live', 'ttl'], ['With a time to live, sequential', 'ttl-seq-'],
    ] as const;
    await other.create('/made', '');
    await row(page, '/made').waitFor();
    for (const [kind, name] of kinds) {
      await rowMenu(page, '/made', 'Create a child…');
      const dialog = page.getByRole('dialog', { name: 'Create a node' });
      // What is typed goes on from the parent.
      await eventually(async () => expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('INPUT'));
      if (kind === 'Persistent') {
        await page.keyboard.type('typed');
        expect(await dialog.getByLabel('Path', { exact: true }).inputValue()).toBe('/made/typed');
      }
      await dialog.getByLabel('Path', { exact: true }).fill(`/made/${name}`);
      await choose(dialog, 'Kind', kind);
      if (kind === 'With a time to live') await shot(page, 'create-dialog');
      await dialog.getByRole('button', { name: 'Create', exact: true }).click();
      await dialog.waitFor({ state: 'detached' });
    }
    const made = await other.children('/made');
    expect(made.map((name) => name.replace(/\d{10}$/, '#'))).toEqual(
      ['container', 'passing', 'passing-seq-#', 'plain', 'seq-#', 'ttl', 'ttl-seq-#'],
    );
    const owner = async (name: string): Promise<string> => (await other.exists(`/made/${name}`))?.ephemeralOwner ?? '0';
    expect(BigInt(await owner('passing'))).not.toBe(0n);
    expect(await owner('plain')).toBe('0');
    await row(page, '/made/passing').waitFor();
    await row(page, '/made/passing').getByLabel('Ephemeral').waitFor();
  });

  test('tells null from empty, and sets either', async () => {
    const { page } = open;
    await goTo(page, '/samples/null');
    await page.getByText('null: the node holds no data at all. That is not the same as empty.').waitFor();
    await shot(page, 'value-null');
    await goTo(page, '/samples/empty');
    await page.getByText('Empty: zero bytes. That is not the same as null.').waitFor();
    await node(page, '/samples/empty').getByRole('button', { name: 'Set to null' }).click();
    await save(page, '/samples/empty');
    // kazoo gives None for null, and the driver passes it on.
    expect((await other.get('/samples/empty')).data).toBeNull();
    await node(page, '/samples/empty').getByRole('button', { name: 'Set to empty' }).click();
    await save(page, '/samples/empty');
    expect((await other.get('/samples/empty')).data).toHaveLength(0);
  });

  test('the ACL is edited as a table', async () => {
    const { page } = open;
    await goTo(page, '/made/container');
    await part(page, 'ACL');
    const table = page.getByRole('table', { name: 'ACL of /made/container' });
    await table.getByRole('checkbox', { name: 'Delete for entry 1' }).click();
    await node(page, '/made/container').getByRole('button', { name: 'Add a user…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a user' });
    await dialog.getByLabel('User').fill('bob');
    await dialog.getByLabel('Password').fill('bobsecret');
    await dialog.getByRole('status').getByText(/^bob:.{28}$/).waitFor();
    await dialog.getByRole('button', { name: 'Add' }).click();
    await shot(page, 'acl-edited');
    await node(page, '/made/container').getByRole('button', { name: 'Save', exact: true }).click();
    await toast(page, 'Saved the ACL of /made/container').waitFor();
    const { acl } = await other.getAcl('/made/container');
    expect(acl.map(({ perms, scheme }) => [perms, scheme])).toEqual([[31 - 8, 'world'], [31, 'digest']]);
    await part(page, 'Stat');
    await page.getByRole('rowheader', { name: 'aversion' }).waitFor();
    await shot(page, 'stat');
    await part(page, 'Data');
  });

  test('a recursive watch feeds the live feed', async () => {
    const { page } = open;
    await goTo(page, '/made');
    await part(page, 'Watch');
    await node(page, '/made').getByRole('listitem').filter({ hasText: 'Every change of the node and of everything below it' })
      .getByRole('button', { name: 'Watch' }).click();
    await row(page, '/made').getByLabel('Watched').waitFor();
    const area = await panel(page, 'Feed');
    const feed = area.getByRole('list', { name: /^Live feed/ });
    await other.create('/made/plain/below', 'one');
    await entry(feed, 'created', '/made/plain/below').waitFor();
    await other.set('/made/plain/below', 'two');
    await entry(feed, 'data changed', '/made/plain/below').waitFor();
    await other.delete('/made/plain/below');
    await entry(feed, 'deleted', '/made/plain/below').waitFor();
    await shot(page, 'watch-and-feed');
    await part(page, 'Data');
  });

  test('deletes after showing what would go', async () => {
    const { page } = open;
    await rowMenu(page, '/made', 'Delete…');
    const dialog = page.getByRole('dialog', { name: 'Delete made?' });
    await dialog.getByText(/^8 nodes go/).waitFor();
    await dialog.getByText('2 of them are ephemeral').waitFor();
    await shot(page, 'delete-preview');
    await dialog.getByRole('button', { name: 'Delete 8 nodes' }).click();
    await row(page, '/made').waitFor({ state: 'detached' });
    await dialog.waitFor({ state: 'detached' });
    expect(await other.exists('/made')).toBeNull();
    await page.getByText('The node was deleted. What was read last is still here.').waitFor();
    await shot(page, 'deleted-node-open');
  });

  test('the app’s end leaves no process behind', async () => {
    const pids = serverPids(app.home);
    expect(pids).toHaveLength(3);
    expect(open.complaints).toEqual([]);
    expect(await app.end()).toBe(0);
    await eventually(() => expect(serverPids(app.home)).toEqual([]));
    for (const pid of pids) expect(existsSync(`/proc/${pid}`)).toBe(false);
  });
});

/** A line of the feed. */
function entry(feed: Locator, what: string, path: string): Locator {
  return feed.getByRole('listitem').filter({ hasText: what }).filter({ hasText: path });
}

/** The embedded servers whose data lies below a directory. */
function serverPids(home: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const line = readFileSync(join('/proc', name, 'cmdline'), 'utf8');
      return line.includes(join(home, 'servers')) ? [Number(name)] : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}
