/** One click to a working ensemble of three servers; its leader killed from the page; stopped, started, deleted. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { faintTexts, namelessControls } from './support/accessible.ts';
import { startApp, type WebApp } from './support/app.ts';
import { gallery, launchBrowser, openPage, shot, shotWhenFailed, type OpenPage } from './support/browser.ts';
import { eventually, goTo, isConnected, node, panel, paste, row, rowMenu, save, serverRow, sessionShown, toast, waitForText } from './support/workbench.ts';

describeWith(['chromium'], 'a local ensemble', () => {
  let app: WebApp;
  let browser: Browser;
  let open: OpenPage;

  shotWhenFailed(() => open?.page);
  beforeAll(async () => {
    // Nothing listens there: this is only a start page without a local server on it.
    [app, browser] = await Promise.all([startApp('127.0.0.1:1'), launchBrowser()]);
    open = await openPage(browser, app.url);
    await open.page.getByRole('tab', { name: '127.0.0.1:1', selected: true }).waitFor();
    await toStart(open.page);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
  });

  test('one click: three servers run, with a leader, and are open', async () => {
    const { page } = open;
    await section(page).getByText('None yet.').waitFor();
    await gallery(app, page, 'lab-empty');
    await page.getByRole('button', { name: 'Start a local ensemble' }).click();
    await shot(page, 'lab-making');
    await lab(page).waitFor();
    await shot(page, 'lab-starting');
    await isConnected(page);
    await page.getByRole('tab', { name: 'Local ensemble', selected: true }).waitFor();
    await goTo(page, '/readme');
    await waitForText(page, '/readme', /./);
    await toStart(page);
    for (const id of [1, 2, 3]) await server(page, id).getByText(/^(leader|follower)$/).waitFor();
    expect(await lab(page).getByText('leader', { exact: true }).count()).toBe(1);
    await lab(page).getByText('running', { exact: true }).waitFor();
    await gallery(app, page, 'lab-ensemble');
    expect(await faintTexts(page)).toEqual([]);
    expect(await namelessControls(page)).toEqual([]);
  });

  test('its leader is killed on the start page: the session survives, another leads, a write succeeds', async () => {
    const { page } = open;
    await page.getByRole('tab', { name: 'Local ensemble' }).click();
    const session = await sessionShown(page);
    await toStart(page);
    const [leader = 0] = await serversThat(page, 'leader');
    await serverMenu(page, leader, 'Kill (kill -9)');
    await server(page, leader).getByText('killed', { exact: true }).waitFor();
    await shot(page, 'lab-killed');
    await eventually(async () => expect((await serversThat(page, 'leader')).filter((id) => id !== leader)).toHaveLength(1));
    await page.getByRole('tab', { name: 'Local ensemble' }).click();
    await isConnected(page);
    await writeReadme(page, 'written after the election');
    expect(await sessionShown(page)).toBe(session);
    await toStart(page);
    await serverMenu(page, leader, 'Start');
    await server(page, leader).getByText('follower', { exact: true }).waitFor();
  });

  test('a server that does not start says why, with the end of its log, while the others go on', async () => {
    const { page } = open;
    await toStart(page);
    const [id = 0] = await serversThat(page, 'follower');
    await serverMenu(page, id, 'Stop');
    await server(page, id).getByText('stopped', { exact: true }).waitFor();
    const [name = ''] = readdirSync(join(app.home, 'servers'));
    const file = join(app.home, 'servers', name, `server-${id}`, 'zoo.cfg');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, `${before}initLimit=none\n`);
    await serverMenu(page, id, 'Start');
    await server(page, id).getByRole('alert').getByText('initLimit=none').waitFor();
    await gallery(app, page, 'lab-failed');
    await lab(page).getByText('running', { exact: true }).waitFor();
    writeFileSync(file, before);
    await serverMenu(page, id, 'Start');
    await server(page, id).getByText('follower', { exact: true }).waitFor();
  });

  test('the cluster panel shows a kill and the new leader, and can do it itself', async () => {
    const { page } = open;
    await page.getByRole('tab', { name: 'Local ensemble' }).click();
    const area = await panel(page, 'Cluster');
    await area.getByText('3 of 3 answer').waitFor();
    const ports = await portsOf(page);
    const leading = async (): Promise<number[]> => {
      const texts = await Promise.all(ports.map((port) => serverRow(page, `127.0.0.1:${port}`).getByRole('cell').first().textContent()));
      return ports.filter((_port, index) => texts[index]?.trim() === 'leader');
    };
    const [old = 0] = await eventually(async () => {
      const now = await leading();
      expect(now).toHaveLength(1);
      return now;
    });
    const session = await sessionShown(page);
    await gallery(app, page, 'lab-cluster-before');
    await serverRow(page, `127.0.0.1:${old}`).getByRole('button', { name: /^Actions for server/ }).click();
    await shot(page, 'lab-cluster-menu');
    await page.getByRole('menuitem', { name: 'Kill (kill -9)' }).click();
    await shot(page, 'lab-cluster-during');
    await area.getByText('2 of 3 answer').waitFor();
    await shot(page, 'lab-cluster-during-2');
    await eventually(async () => {
      const now = await leading();
      expect(now).toHaveLength(1);
      expect(now).not.toContain(old);
    });
    await gallery(app, page, 'lab-cluster-after');
    await isConnected(page);
    await writeReadme(page, 'written after the second election');
    const [said, below] = await Promise.all([toast(page, 'Saved /readme').last().boundingBox(), area.boundingBox()]);
    if (said === null || below === null) throw new TypeError('the message or the panel is gone');
    expect(said.y + said.height).toBeLessThan(below.y);
    expect(await sessionShown(page)).toBe(session);
    const [next = 0] = await leading();
    await serverRow(page, `127.0.0.1:${next}`).getByRole('button', { name: /^Actions for server/ }).click();
    await page.getByRole('menuitem', { name: 'Kill (kill -9)' }).click();
    await area.getByText('No leader among those that answer').waitFor();
    const last = ports.find((port) => port !== old && port !== next) ?? 0;
    await serverRow(page, `127.0.0.1:${last}`).getByText('Not serving: it has no leader').waitFor();
    await serverRow(page, `127.0.0.1:${next}`).getByText('Killed from here.').waitFor();
    await area.getByText('1 of 3 answer').waitFor();
    await gallery(app, page, 'lab-cluster-no-quorum');
    await serverRow(page, `127.0.0.1:${next}`).getByRole('button', { name: /^Actions for server/ }).click();
    await page.getByRole('menuitem', { name: 'Start', exact: true }).click();
    await area.getByText('2 of 3 answer').waitFor();
    await isConnected(page);
  });

  test('a second one runs beside it; both are stopped and one is started again with its data', async () => {
    const { page } = open;
    await toStart(page);
    await page.getByRole('button', { name: 'Start a local server' }).click();
    await isConnected(page);
    await toStart(page);
    await lab(page, 'Local server').getByText('standalone', { exact: true }).waitFor();
    await gallery(app, page, 'lab-two');
    await labMenu(page, 'Local server', 'Stop…');
    await page.getByRole('alertdialog', { name: 'Stop “Local server”?' }).getByRole('button', { name: 'Stop' }).click();
    await lab(page, 'Local server').getByRole('status').getByText('stopped', { exact: true }).waitFor();
    await labMenu(page, 'Local ensemble', 'Stop…');
    await page.getByRole('alertdialog').getByRole('button', { name: 'Stop' }).click();
    await lab(page).getByRole('status').getByText('stopped', { exact: true }).waitFor();
    expect(serverPids(app.home)).toEqual([]);
    await gallery(app, page, 'lab-stopped');
    await page.getByRole('tab', { name: 'Local ensemble' }).click();
    await page.getByText('Its local servers are stopped.').waitFor();
    await (await panel(page, 'Cluster')).getByText('Stopped from here.').first().waitFor();
    await gallery(app, page, 'lab-stopped-open');
    await page.getByRole('button', { name: 'Start the servers' }).click();
    await isConnected(page);
    await page.getByText('Its local servers are').waitFor({ state: 'detached' });
    expect(serverPids(app.home)).toHaveLength(3);
    await rowMenu(page, '/readme', 'Refresh');
    await waitForText(page, '/readme', 'written after the second election');
  });

  test('a start that takes long is cancelled with one click, and nothing is said against it', async () => {
    const { page } = open;
    await toStart(page);
    await labMenu(page, 'Local ensemble', 'Stop…');
    await page.getByRole('alertdialog').getByRole('button', { name: 'Stop' }).click();
    await lab(page).getByRole('status').getByText('stopped', { exact: true }).waitFor();
    // Members that look for each other on wrong ports elect nobody.
    const files = readdirSync(join(app.home, 'servers')).flatMap((name) => [1, 2, 3].map((id) => join(app.home, 'servers', name, `server-${id}`, 'zoo.cfg'))).filter((file) => existsSync(file) && readFileSync(file, 'utf8').includes('server.3='));
    const texts = files.map((file) => readFileSync(file, 'utf8'));
    for (const [index, file] of files.entries()) {
      const own = new RegExp(`^(server\\.(?!${index + 1}=)\\d=127\\.0\\.0\\.1:\\d+):\\d+`, 'gm');
      writeFileSync(file, (texts[index] ?? '').replace(own, '$1:1'));
    }
    await labMenu(page, 'Local ensemble', 'Start');
    await lab(page).getByRole('status').getByText('first write…').waitFor();
    await gallery(app, page, 'lab-start-long');
    await lab(page).getByRole('button', { name: 'Cancel the start of Local ensemble' }).click();
    await lab(page).getByRole('status').getByText('stopped', { exact: true }).waitFor();
    for (const place of [section(page), page.getByRole('list', { name: 'Notifications' })]) expect(await place.getByRole('alert').count()).toBe(0);
    expect(serverPids(app.home)).toEqual([]);
    for (const [index, file] of files.entries()) writeFileSync(file, texts[index] ?? '');
  });

  test('is deleted with its files once its name is typed', async () => {
    const { page } = open;
    await toStart(page);
    await labMenu(page, 'Local ensemble', 'Delete…');
    const dialog = page.getByRole('dialog', { name: 'Delete “Local ensemble”?' });
    const confirm = dialog.getByRole('button', { name: 'Delete', exact: true });
    await dialog.getByLabel('Type Local ensemble to delete it').fill('Local ensembl');
    expect(await confirm.isDisabled()).toBe(true);
    await dialog.getByLabel('Type Local ensemble to delete it').fill('Local ensemble');
    await gallery(app, page, 'lab-delete');
    await confirm.click();
    await toast(page, 'Deleted “Local ensemble”').waitFor();
    await lab(page).waitFor({ state: 'detached' });
    await page.getByRole('tab', { name: 'Local ensemble' }).waitFor({ state: 'detached' });
    expect(serverPids(app.home)).toEqual([]);
    expect(readdirSync(join(app.home, 'servers'))).toHaveLength(1);
  });

  test('reads the same in Chinese and in the dark', async () => {
    const { page } = open;
    await page.getByRole('button', { name: 'Start a local ensemble' }).click();
    await isConnected(page);
    await toStart(page);
    for (const id of [1, 2, 3]) await server(page, id).getByText(/^(leader|follower)$/).waitFor();
    const api = await app.api();
    await api.call('settings.set', { theme: 'dark', language: 'zh-CN' });
    await page.getByRole('heading', { name: '本地服务器' }).waitFor();
    await page.getByRole('button', { name: '启动本地集群' }).waitFor();
    await shot(page, 'lab-zh-dark');
    expect(await faintTexts(page)).toEqual([]);
    await page.getByRole('button', { name: '“Local ensemble”的操作' }).click();
    await page.getByRole('menuitem', { name: '删除…' }).waitFor();
    await shot(page, 'lab-zh-dark-menu');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: '启动本地服务器' }).click();
    await page.getByRole('status').getByText('已连接', { exact: true }).waitFor();
    const made = (await api.call('lab.list', {})).find(({ name }) => name === '本地服务器');
    // Its only server, ended from outside.
    process.kill(made?.servers[0]?.pid ?? 0, 'SIGKILL');
    await page.getByText('其本地服务器出错').waitFor();
    await page.getByRole('button', { name: '起始页' }).click();
    await page.getByRole('listitem', { name: '本地服务器', exact: true }).getByRole('alert').getByText('服务器 1 被信号 SIGKILL 终止').waitFor();
    await shot(page, 'lab-zh-failed');
    await api.call('lab.remove', { labId: made?.labId ?? '', typedName: '本地服务器' });
    await api.call('settings.set', { theme: 'light', language: 'en' });
  });

  test('a server is paused and goes on; its log and its configuration can be read', async () => {
    const { page } = open;
    await toStart(page);
    const [id = 0] = await serversThat(page, 'follower');
    await serverMenu(page, id, 'Pause (SIGSTOP)');
    await server(page, id).getByText('paused', { exact: true }).waitFor();
    await gallery(app, page, 'lab-paused');
    await serverMenu(page, id, 'Resume (SIGCONT)');
    await server(page, id).getByText('follower', { exact: true }).waitFor();
    await serverMenu(page, id, 'Log and configuration');
    const dialog = page.getByRole('dialog', { name: `Server ${id} of “Local ensemble”` });
    await dialog.getByText('serving on').waitFor();
    await gallery(app, page, 'lab-log');
    await dialog.getByRole('tab', { name: 'Configuration' }).click();
    await dialog.getByText(`server.${id}=127.0.0.1`).waitFor();
    await shot(page, 'lab-config');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    const before = serverPids(app.home);
    await serverMenu(page, id, 'Restart');
    await eventually(() => expect(serverPids(app.home).filter((pid) => !before.includes(pid))).toHaveLength(1));
    await server(page, id).getByText('follower', { exact: true }).waitFor();
  });

  test('one with options: a port that is taken is said before anything is made; it stays, and says so', async () => {
    const { page } = open;
    const [taken = 0] = await portsInList(page);
    await page.getByRole('button', { name: 'Start with options…' }).click();
    const dialog = page.getByRole('dialog', { name: 'New local ensemble' });
    await gallery(app, page, 'lab-options');
    await dialog.getByLabel('Name').fill('mine');
    await dialog.getByRole('radiogroup', { name: 'Servers that vote' }).getByRole('radio', { name: '1' }).click();
    await dialog.getByLabel('Client port of the first server').fill(String(taken));
    await dialog.getByRole('radio', { name: 'Leave them running' }).click();
    await dialog.getByRole('button', { name: 'Start', exact: true }).click();
    await dialog.getByRole('alert').getByText(`port ${taken} is taken`).waitFor();
    await gallery(app, page, 'lab-options-port');
    expect(await faintTexts(page)).toEqual([]);
    expect(await namelessControls(page)).toEqual([]);
    await dialog.getByLabel('Client port of the first server').fill('');
    await dialog.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByRole('tab', { name: 'mine', selected: true }).waitFor();
    await isConnected(page);
    await toStart(page);
    await lab(page, 'mine').getByText('stays when Zooscope ends').waitFor();
    await lab(page).getByText('stops with Zooscope').waitFor();
    await gallery(app, page, 'lab-stays');
  });

  test('the engine is chosen: what is found is said with its place, what is missing with where it was looked for', async () => {
    const { page } = open;
    await labMenu(page, 'Local server', 'Engine…');
    const dialog = page.getByRole('dialog', { name: 'Engine of “Local server”' });
    await dialog.getByRole('radio', { name: 'Apache ZooKeeper' }).click();
    await dialog.getByLabel('Folder of Apache ZooKeeper').fill('/nowhere');
    await dialog.getByText('Apache ZooKeeper was not found').waitFor();
    await dialog.getByText('/nowhere is not there').waitFor();
    expect(await dialog.getByRole('button', { name: 'Use from the next start' }).isDisabled()).toBe(true);
    await gallery(app, page, 'lab-engine-missing');
    await dialog.getByLabel('Folder of Apache ZooKeeper').fill('');
    await dialog.getByText('/nowhere is not there').waitFor({ state: 'detached' });
    await gallery(app, page, 'lab-engine');
    await dialog.getByRole('radio', { name: 'Embedded' }).click();
    await dialog.getByRole('button', { name: 'Use from the next start' }).click();
    await dialog.waitFor({ state: 'detached' });
  });

  test('after the end of the app only the one that stays runs; the next app lists it as running, and stops it', async () => {
    expect(serverPids(app.home)).toHaveLength(4);
    await open.close();
    expect(await app.end()).toBe(0);
    await eventually(() => expect(serverPids(app.home)).toHaveLength(1));
    const left = serverPids(app.home);
    const earlier = app;
    app = await startApp('127.0.0.1:1', {}, earlier.home);
    open = await openPage(browser, app.url);
    const { page } = open;
    await page.getByRole('tab', { name: '127.0.0.1:1', selected: true }).waitFor();
    await toStart(page);
    await lab(page, 'mine').getByRole('status').getByText('running', { exact: true }).waitFor();
    await lab(page, 'mine').getByText('standalone').waitFor();
    expect(serverPids(app.home)).toEqual(left);
    await gallery(app, page, 'lab-found');
    await page.getByRole('button', { name: 'Actions for mine', exact: true }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Stay when Zooscope ends', checked: true }).click();
    await lab(page, 'mine').getByText('stops with Zooscope').waitFor();
    await page.getByRole('button', { name: 'Start a local ensemble' }).waitFor();
    await labMenu(page, 'Local ensemble', 'Start');
    await lab(page).getByRole('status').getByText('running', { exact: true }).waitFor();
  });

  test('the end of the app leaves no server behind that is to end with it', async () => {
    expect(serverPids(app.home)).toHaveLength(4);
    expect(open.complaints).toEqual([]);
    expect(await app.end()).toBe(0);
    await eventually(() => expect(serverPids(app.home)).toEqual([]));
  });
});

const toStart = (page: Page): Promise<void> => page.getByRole('button', { name: 'Start page' }).click();
const section = (page: Page): Locator => page.getByRole('region', { name: 'Local servers' });
const lab = (page: Page, name = 'Local ensemble'): Locator => section(page).getByRole('listitem', { name, exact: true });
const server = (page: Page, id: number): Locator => lab(page).getByRole('listitem').filter({ hasText: `Server ${id}` });

async function serversThat(page: Page, role: string): Promise<number[]> {
  const counts = await Promise.all([1, 2, 3].map((id) => server(page, id).getByText(role, { exact: true }).count()));
  return [1, 2, 3].filter((id) => counts[id - 1] === 1);
}

async function portsInList(page: Page): Promise<number[]> {
  const texts = await lab(page).getByText(/^:\d{5}$/).allTextContents();
  return texts.map((text) => Number(text.slice(1)));
}

async function portsOf(page: Page): Promise<number[]> {
  const headers = await page.getByRole('table', { name: /^Servers of/ }).getByRole('rowheader').allTextContents();
  return headers.map((text) => Number(/127\.0\.0\.1:(\d{5})/.exec(text)?.[1]));
}

async function serverMenu(page: Page, id: number, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for server ${id} of Local ensemble` }).click();
  await page.getByRole('menuitem', { name: action, exact: true }).click();
}

async function labMenu(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click();
  await page.getByRole('menuitem', { name: action, exact: true }).click();
}

async function writeReadme(page: Page, text: string): Promise<void> {
  await row(page, '/readme').click();
  await node(page, '/readme').waitFor();
  await waitForText(page, '/readme', /./);
  await paste(page, '/readme', text);
  await save(page, '/readme');
}

/** The servers whose data lies below a directory. */
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
