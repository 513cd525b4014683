/** A network that fails and a session that ends: the state is shown, edits stay, and the way back is at hand. */

import type { Page } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { describeWith } from '../support/requirements.ts';
import { shot } from './support/browser.ts';
import { useSuite } from './support/suite.ts';
import {
  edited, eventually, expand, goTo, isConnected, node, panel, paste, row, save, saveButton, sessionShown, statusLine, tree, waitForText,
} from './support/workbench.ts';

describeWith(['chromium', 'java', 'zookeeper', 'kazoo'], 'a failing network and an ended session', () => {
  const suite = useSuite();
  let proxy: FaultProxy | undefined;

  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
  });

  /** The app on the server through a proxy, with a node open that has an edit. */
  async function editing(path: string, sessionTimeoutMs = 30_000): Promise<{ page: Page; network: FaultProxy }> {
    const network = await startFaultProxy({ port: suite.server.clientPort });
    proxy = network;
    await suite.other.create(path, 'as it was');
    const { page } = await suite.open(network.connectString, { sessionTimeoutMs });
    await goTo(page, path);
    await waitForText(page, path, 'as it was');
    await paste(page, path, 'hours of typing');
    await edited(page, path).waitFor();
    return { page, network };
  }

  test('a dropped network is shown, keeps the edit, and comes back with the same session', async () => {
    const path = '/network';
    const { page, network } = await editing(path);
    const session = await sessionShown(page);
    await network.refuse();
    network.cut();
    await statusLine(page).getByText(/^Disconnected since .*, retrying$/).waitFor();
    await node(page, path).getByText(/^Not connected: as it was read/).waitFor();
    const banner = page.getByRole('alert').filter({ hasText: /Not connected .*edits are kept/ });
    await banner.getByText('connection refused').waitFor();
    await waitForText(page, path, 'hours of typing');
    expect(await saveButton(page, path).isDisabled()).toBe(true);
    // What is asked for meanwhile waits, in sight.
    await row(page, '/zookeeper').click();
    await tree(page).press('ArrowRight');
    await eventually(async () => expect(await row(page, '/zookeeper').getAttribute('aria-busy')).toBe('true'));
    await row(page, path).click();
    await shot(page, 'trouble-disconnected');
    await suite.other.create('/meanwhile', '');
    await network.heal();
    await isConnected(page);
    await banner.waitFor({ state: 'detached' });
    expect(await sessionShown(page)).toBe(session);
    await row(page, '/zookeeper/config').waitFor();
    await row(page, '/meanwhile').waitFor();
    await waitForText(page, path, 'hours of typing');
    await save(page, path);
    expect((await suite.other.get(path)).data.toString('utf8')).toBe('hours of typing');
    await panel(page, 'Feed');
    await page.getByText('Events may have been missed here').waitFor();
    await shot(page, 'feed-gap');
  });

  test('a session that expired says so, and reopens with the edit kept', async () => {
    const path = '/expiring';
    const { page, network } = await editing(path, 2_000);
    const session = await sessionShown(page);
    expect(await suite.server.fourLetterWord('dump')).toContain(session);
    await network.refuse();
    network.cut();
    await eventually(async () => expect(await suite.server.fourLetterWord('dump')).not.toContain(session));
    await network.heal();
    const banner = page.getByRole('alert').filter({ hasText: 'The session expired' });
    await banner.waitFor();
    await waitForText(page, path, 'hours of typing');
    await shot(page, 'trouble-expired');
    await banner.getByRole('button', { name: 'Reopen' }).click();
    await isConnected(page);
    await banner.waitFor({ state: 'detached' });
    expect(await sessionShown(page)).not.toBe(session);
    await waitForText(page, path, 'hours of typing');
    await save(page, path);
    expect((await suite.other.get(path)).data.toString('utf8')).toBe('hours of typing');
    // The new session sees what others do, like the old one.
    await suite.other.set(path, 'seen again');
    await waitForText(page, path, 'seen again');
    await suite.other.create(`${path}/child`, '');
    await expand(page, path);
    await row(page, `${path}/child`).waitFor();
  });

  test('a server that hangs is noticed, and what was asked does not hang with it', async () => {
    const path = '/hanging';
    const { page, network } = await editing(path, 3_000);
    network.blackhole();
    await network.halfOpen();
    await statusLine(page).getByText(/^Disconnected since .*, retrying$/).waitFor();
    await waitForText(page, path, 'hours of typing');
    await network.heal();
    await statusLine(page).getByText(/^(Connected$|Session expired)/).first().waitFor();
    await waitForText(page, path, 'hours of typing');
  });

  test('a server that is not there at all: the workbench says so and waits', async () => {
    const network = await startFaultProxy({ port: suite.server.clientPort });
    proxy = network;
    await network.refuse();
    const { page } = await suite.open(network.connectString);
    await statusLine(page).getByText(/^Connecting since/).waitFor();
    await page.getByRole('alert').filter({ hasText: 'Not connected yet' }).getByText('connection refused').waitFor();
    await shot(page, 'trouble-connecting');
    await network.heal();
    await isConnected(page);
    await row(page, '/zookeeper').waitFor();
  });

  test('a page that loses the app says so, and keeps what is on screen', async () => {
    const path = '/host';
    await suite.other.create(path, 'as it was');
    const { page, app } = await suite.open();
    await goTo(page, path);
    await waitForText(page, path, 'as it was');
    await paste(page, path, 'hours of typing');
    await edited(page, path).waitFor();
    await app.end();
    await page.getByRole('alert').filter({ hasText: 'Zooscope’s own connection was lost' }).waitFor();
    await waitForText(page, path, 'hours of typing');
    expect(await saveButton(page, path).isDisabled()).toBe(true);
    await shot(page, 'trouble-app-ended');
  });
});
