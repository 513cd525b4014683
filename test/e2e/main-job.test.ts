/** The main job on a real ensemble: connect, look, edit, see others' changes, and see a leader fall. */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApacheEnsemble } from '../support/apache.ts';
import { startKazoo, type KazooClient } from '../support/kazoo.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServerHandle } from '../support/server-process.ts';
import type { ServersHandle } from '../support/server-group.ts';
import { startApp, type WebApp } from './support/app.ts';
import { launchBrowser, openPage, shot, shotWhenFailed, type OpenPage } from './support/browser.ts';
import {
  edited, editor, eventually, expand, fillConnection, goTo, isConnected, node, panel, paste, row, save, saveButton, serverRow, sessionShown, statusLine, waitForText,
} from './support/workbench.ts';

describeWith(['chromium', 'java', 'zookeeper', 'kazoo'], 'the main job on three Apache servers', () => {
  let ensemble: ServersHandle;
  let other: KazooClient;
  let app: WebApp;
  let browser: Browser;
  let open: OpenPage;

  shotWhenFailed(() => open?.page);
  beforeAll(async () => {
    [ensemble, app, browser] = await Promise.all([startApacheEnsemble({ servers: 3 }), startApp(null), launchBrowser()]);
    other = await startKazoo(ensemble.connectString);
    await other.create('/a', '');
    await other.create('/a/b', '{"limit": 10, "on": true}');
    await other.create('/a/c', 'plain');
    open = await openPage(browser, app.url);
  });
  afterAll(async () => {
    await browser?.close();
    await other?.close();
    await app?.stop();
    await ensemble?.stopAll();
  });

  test('a connect string is typed, tested layer by layer, saved and opened', async () => {
    const { page } = open;
    const dialog = await fillConnection(page, { name: 'orders', connectString: ensemble.connectString });
    await dialog.getByRole('button', { name: 'Test' }).click();
    await dialog.getByText('Everything works.').waitFor();
    const steps = await dialog.getByRole('region', { name: 'Test' }).getByRole('listitem').allTextContents();
    const words = steps.map((step) => /^(Look up the name|Connect|Open a session|Authenticate|Read the root)/.exec(step)?.[1]);
    expect(words.filter((word) => word === 'Connect')).toHaveLength(3);
    expect(new Set(words)).toEqual(new Set(['Look up the name', 'Connect', 'Open a session', 'Authenticate', 'Read the root']));
    for (const step of steps) expect(step).toMatch(/passed|skipped/);
    await shot(page, 'connection-dialog-tested');
    await dialog.getByRole('button', { name: 'Save and open' }).click();
    await page.getByRole('tab', { name: 'orders', selected: true }).waitFor();
    await isConnected(page);
  });

  test('a node opens from the tree and from the path bar', async () => {
    const { page } = open;
    await expand(page, '/a');
    await row(page, '/a/b').click();
    await waitForText(page, '/a/b', '"limit"');
    await goTo(page, '/a/c');
    await waitForText(page, '/a/c', 'plain');
    await goTo(page, '/a/b');
    await waitForText(page, '/a/b', '"limit"');
    expect(await row(page, '/a/b').getAttribute('aria-selected')).toBe('true');
  });

  test('JSON is edited and saved', async () => {
    const { page } = open;
    await node(page, '/a/b').getByRole('button', { name: 'Lay out JSON' }).click();
    await waitForText(page, '/a/b', /\n {2}"limit": 10/);
    await editor(page, '/a/b').focus();
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.type('0');
    await waitForText(page, '/a/b', '"limit": 100,');
    await shot(page, 'node-json-edited');
    await save(page, '/a/b');
    const { data, stat } = await other.get('/a/b');
    expect(JSON.parse(data.toString('utf8'))).toEqual({ limit: 100, on: true });
    expect(stat.version).toBe(1);
  });

  test('what another client writes arrives by itself', async () => {
    const { page } = open;
    await other.set('/a/b', '{"limit": 777}');
    await waitForText(page, '/a/b', '777');
    expect(await node(page, '/a/b').textContent()).toContain('Version 2');
    await other.create('/a/newcomer', 'x');
    await row(page, '/a/newcomer').waitFor();
    await other.delete('/a/newcomer');
    await row(page, '/a/newcomer').waitFor({ state: 'detached' });
  });

  test('the leader is killed: the roles change, the session stays, writing goes on', async () => {
    const { page } = open;
    await panel(page, 'Cluster');
    const leader = await ensemble.leader();
    const roleOf = async (server: ServerHandle): Promise<string> => (await serverRow(page, server.connectString).textContent()) ?? '';
    await eventually(async () => {
      expect(await roleOf(leader)).toMatch(/leader/);
      const rest = ensemble.servers.filter(({ id }) => id !== leader.id);
      for (const server of rest) expect(await roleOf(server)).toMatch(/follower/);
    });
    await shot(page, 'cluster-three');
    const session = await sessionShown(page);
    expect(session).toMatch(/^0x[0-9a-f]+$/);

    await leader.kill();
    const next = await ensemble.leader();
    await eventually(async () => {
      expect(await roleOf(next)).toMatch(/leader/);
      expect(await roleOf(leader)).toMatch(/down/);
      expect(await page.getByRole('region', { name: 'Panel' }).textContent()).toContain('2 of 3 answer');
    }, 30_000);
    await isConnected(page);
    expect(await sessionShown(page)).toBe(session);
    expect(await statusLine(page).textContent()).not.toContain(leader.connectString);
    await shot(page, 'cluster-leader-killed');

    await paste(page, '/a/b', '{"after": "the election"}');
    // A write that falls into the election is refused, honestly, and stays an edit: then it is saved again.
    await eventually(async () => {
      if (await saveButton(page, '/a/b').isEnabled()) await saveButton(page, '/a/b').click();
      await edited(page, '/a/b').waitFor({ state: 'detached', timeout: 3_000 });
    }, 30_000);
    // Our witness may still be looking for a server.
    const written = await eventually(async () => other.get('/a/b'), 30_000);
    expect(written.data.toString('utf8')).toBe('{"after": "the election"}');
    expect(open.complaints).toEqual([]);
  });
});
