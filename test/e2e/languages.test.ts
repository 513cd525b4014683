/** The same work in Chinese, in the dark, and without a mouse. */

import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { en } from '../../src/view/i18n/en/index.ts';
import { zhCn } from '../../src/view/i18n/zh-cn/index.ts';
import { describeWith } from '../support/requirements.ts';
import { faintTexts, namelessControls, unseenFocus } from './support/accessible.ts';
import { shot } from './support/browser.ts';
import { useSuite } from './support/suite.ts';
import { eventually, goTo, isConnected, panel, row, waitForText } from './support/workbench.ts';

/** Every English message without parameters that is another in Chinese; single small words are names in the protocol too. */
function englishOnly(english: object, chinese: object): string[] {
  return Object.entries(english).flatMap(([key, text]: [string, unknown]) => {
    const other: unknown = Reflect.get(chinese, key);
    if (typeof text === 'object' && text !== null) return englishOnly(text, other as object);
    return typeof text === 'string' && text !== other && /^[A-Z]|\s/.test(text) && !/[{|]/.test(text) ? [text] : [];
  });
}

const ENGLISH = new Set(englishOnly(en, zhCn));

/** English messages on screen: texts, spoken labels, hints, tooltips. */
async function englishShown(page: Page): Promise<string[]> {
  const texts = await page.evaluate(() => {
    const out: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node.parentElement?.closest('.monaco-editor, .tree') === null) out.push(node.textContent ?? '');
    }
    for (const element of document.querySelectorAll('*')) {
      if (element.closest('.monaco-editor') !== null) continue;
      for (const name of ['aria-label', 'title', 'placeholder']) out.push(element.getAttribute(name) ?? '');
    }
    return out;
  });
  return [...new Set(texts.map((text) => text.trim()))].filter((text) => ENGLISH.has(text));
}

describeWith(['chromium', 'java', 'zookeeper', 'kazoo'], 'languages, themes and the keyboard', () => {
  const suite = useSuite();

  test('Chinese and dark are chosen in the settings, and nothing English is left on the main screens', async () => {
    await suite.other.create('/zh', '');
    await suite.other.create('/zh/config', '{"limit": 10}');
    const { page } = await suite.open();
    await goTo(page, '/zh/config');
    await waitForText(page, '/zh/config', 'limit');
    expect(await englishShown(page)).toContain('Data');
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Dark' }).click();
    await page.getByRole('button', { name: 'Settings' }).click();
    await shot(page, 'settings-menu-dark');
    await page.getByRole('menuitemcheckbox', { name: '简体中文' }).click();
    await page.getByRole('tab', { name: '数据' }).waitFor();
    expect(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset['theme']])).toEqual(['zh-CN', 'dark']);
    for (const part of [zhCn.node.tabs.data, zhCn.node.tabs.stat, zhCn.node.tabs.acl, zhCn.node.tabs.watch]) {
      await page.getByRole('tab', { name: part, exact: true }).click();
      expect(await englishShown(page), part).toEqual([]);
      expect(await faintTexts(page), part).toEqual([]);
    }
    await shot(page, 'zh-dark-watch');
    for (const name of [zhCn.panels.feed, zhCn.panels.cluster, zhCn.panels.requests]) {
      await page.getByRole('tab', { name, exact: true }).click();
      expect(await englishShown(page), name).toEqual([]);
      await shot(page, `zh-dark-${name === zhCn.panels.feed ? 'feed' : name === zhCn.panels.cluster ? 'cluster' : 'requests'}`);
    }
    await row(page, '/zh').click({ button: 'right' });
    expect(await englishShown(page)).toEqual([]);
    await page.getByRole('menuitem', { name: zhCn.tree.menu.createChild }).click();
    await page.getByRole('dialog').waitFor();
    expect(await englishShown(page)).toEqual([]);
    await shot(page, 'zh-dark-create');
    await page.keyboard.press('Escape');
    await page.keyboard.press('F1');
    await page.getByRole('listbox').waitFor();
    expect(await englishShown(page)).toEqual([]);
    await shot(page, 'zh-dark-palette');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: zhCn.workbench.home }).click();
    await page.getByRole('button', { name: zhCn.start.newConnection }).first().waitFor();
    expect(await englishShown(page)).toEqual([]);
    expect(await faintTexts(page)).toEqual([]);
    await shot(page, 'zh-dark-start');
    // The choice outlives the page.
    await page.reload();
    await page.getByRole('button', { name: zhCn.common.settings }).waitFor();
    await eventually(async () => expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark'));
  });

  test.each(['light', 'dark'] as const)('every control has a name and every text can be read: %s', async (theme) => {
    const path = `/named-${theme}`;
    await suite.other.create(path, '{"limit": 10}');
    const { page } = await suite.open(undefined, {}, { theme });
    const check = async (where: string): Promise<void> => {
      expect(await namelessControls(page), where).toEqual([]);
      expect(await faintTexts(page), where).toEqual([]);
    };
    await goTo(page, path);
    await waitForText(page, path, 'limit');
    for (const name of ['Stat', 'ACL', 'Watch', 'Data']) {
      await page.getByRole('tab', { name, exact: true }).click();
      await check(name);
      await shot(page, `${theme}-${name.toLowerCase()}`);
    }
    for (const name of ['Requests', 'Cluster', 'Feed'] as const) {
      await panel(page, name);
      await check(name);
      await shot(page, `${theme}-${name.toLowerCase()}`);
    }
    await row(page, path).click({ button: 'right' });
    await shot(page, `${theme}-row-menu`);
    await check('the menu of a row');
    await page.keyboard.press('Escape');
    for (const [keys, what] of [['F1', 'palette'], ['Control+p', 'go-to-path'], ['Control+Alt+n', 'connection']] as const) {
      await page.keyboard.press(keys);
      await page.getByRole('dialog').waitFor();
      await check(what);
      await shot(page, `${theme}-${what}`);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await page.getByRole('button', { name: 'Start page' }).click();
    await page.getByRole('button', { name: 'Start a local server' }).first().waitFor();
    await check('the start page');
    await shot(page, `${theme}-start`);
  });

  test('the focus can be seen wherever the Tab key leads', async () => {
    const { page } = await suite.open();
    await row(page, '/zookeeper').waitFor();
    const workbench = await unseenFocus(page, 24);
    expect(workbench.unseen).toEqual([]);
    expect(workbench.seen).toBeGreaterThan(12);
    await page.getByRole('button', { name: 'Start page' }).click();
    await page.getByRole('button', { name: 'Start a local server' }).first().waitFor();
    const start = await unseenFocus(page, 14);
    expect(start.unseen).toEqual([]);
    expect(start.seen).toBeGreaterThan(7);
  });

  test('the whole way by keyboard: connect, open a node, edit it, save it', async () => {
    await suite.other.create('/journey', '');
    await suite.other.create('/journey/end', 'not yet');
    const { page } = await suite.open('127.0.0.1:1');
    const { keyboard } = page;
    await page.getByRole('tab', { name: 'orders' }).waitFor();
    await keyboard.press('Control+Alt+n');
    await page.getByRole('dialog', { name: 'New connection' }).waitFor();
    await eventually(async () => expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('INPUT'));
    await keyboard.type('by keyboard');
    await keyboard.press('Tab');
    await keyboard.press('Tab');
    await keyboard.press('Control+a');
    await keyboard.type(suite.server.connectString);
    await keyboard.press('Enter');
    await page.getByRole('tab', { name: 'by keyboard', selected: true }).waitFor();
    await isConnected(page);
    await row(page, '/journey').waitFor();
    await keyboard.press('Control+0');
    await keyboard.type('jour');
    await keyboard.press('ArrowRight');
    await row(page, '/journey/end').waitFor();
    await keyboard.press('ArrowRight');
    await keyboard.press('Enter');
    await waitForText(page, '/journey/end', 'not yet');
    await keyboard.press('Control+1');
    await keyboard.press('Control+a');
    await keyboard.type('arrived');
    await keyboard.press('Control+s');
    await eventually(async () => expect((await suite.other.get('/journey/end')).data.toString('utf8')).toBe('arrived'));
    await keyboard.press('Control+0');
    await eventually(async () => expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('tree'));
    await shot(page, 'keyboard-journey');
    expect(await row(page, '/journey/end').getAttribute('aria-selected')).toBe('true');
  });
});
