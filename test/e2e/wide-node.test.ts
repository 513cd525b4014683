/** A node with 100,000 children on a real server: gentle to it, and all there on screen. */

import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import type { Api } from '../../src/view/api/client.ts';
import { describeWith } from '../support/requirements.ts';
import { shot } from './support/browser.ts';
import { useSuite } from './support/suite.ts';
import { eventually, goTo, noteBelow, row, tree, waitForText } from './support/workbench.ts';

const CHILDREN = 100_000;
/** The last of the root's children, so that its own last child is the last row. */
const WIDE = '/zz';
const child = (n: number): string => `${WIDE}/child-${String(n).padStart(8, '0')}`;

const FILL = `
for start in range(0, args["count"], 1000):
    batch = zk.transaction()
    for n in range(start, start + 1000):
        batch.create("%s/child-%08d" % (args["parent"], n))
    batch.commit()
`;

/** The row that the tree's cursor is on. */
async function activeRow(page: Page): Promise<{ key: string; position: string; size: string }> {
  return tree(page).evaluate((element) => {
    const active = document.getElementById(element.getAttribute('aria-activedescendant') ?? '');
    return {
      key: active?.dataset['key'] ?? '',
      position: active?.getAttribute('aria-posinset') ?? '',
      size: active?.getAttribute('aria-setsize') ?? '',
    };
  });
}

/** What was sent about the node itself, its rows not counted. */
async function sentAbout(api: Api, path: string): Promise<string[]> {
  const [connection] = await api.call('connections.list', {});
  const log = await api.call('requests.history', { connectionId: connection?.connectionId ?? '', afterSeq: 0 });
  return log.filter((entry) => entry.path === path).map(({ operation }) => operation);
}

describeWith(['chromium', 'java', 'zookeeper', 'kazoo'], 'a node with 100,000 children', () => {
  const suite = useSuite();

  beforeAll(async () => {
    await suite.other.create(WIDE, '');
    await suite.other.run(FILL, { parent: WIDE, count: CHILDREN });
  });

  test('asks first, lists them with one request, and draws only what is in sight', async () => {
    const { page, app } = await suite.open();
    const api = await app.api();
    await row(page, WIDE).getByLabel('100,000 children').waitFor();
    await row(page, WIDE).click();
    await tree(page).press('ArrowRight');
    const note = noteBelow(page, WIDE);
    await note.getByText('100,000 children').waitFor();
    await shot(page, 'wide-asks-first');
    expect((await sentAbout(api, WIDE)).filter((operation) => /children/i.test(operation))).toEqual([]);

    const before = (await sentAbout(api, WIDE)).length;
    const received = async (): Promise<number> => Number(/Received: (\d+)/.exec(await suite.server.fourLetterWord('srvr'))?.[1]);
    await note.getByRole('button', { name: 'List them' }).click();
    await row(page, child(0)).waitFor();
    const sent = (await sentAbout(api, WIDE)).slice(before);
    expect(sent.filter((operation) => /children/i.test(operation))).toEqual(['getChildren2']);
    expect(sent.filter((operation) => !/children/i.test(operation)).every((operation) => operation === 'exists')).toBe(true);
    expect(sent.length).toBeLessThanOrEqual(2);
    // Rows in sight are asked for, and no others: far fewer requests than children.
    const after = await received();
    expect(after).toBeLessThan(CHILDREN / 100 + 1_000);

    expect(await row(page, child(0)).getAttribute('aria-setsize')).toBe(String(CHILDREN));
    expect(await row(page, child(0)).getAttribute('aria-posinset')).toBe('1');
    expect(await row(page, child(0)).getAttribute('aria-level')).toBe('3');
    expect(await page.getByRole('treeitem').count()).toBeLessThan(120);
    await shot(page, 'wide-listed');

    await tree(page).focus();
    await page.keyboard.press('End');
    await row(page, child(CHILDREN - 1)).waitFor();
    expect(await activeRow(page)).toEqual({ key: child(CHILDREN - 1), position: String(CHILDREN), size: String(CHILDREN) });
    expect(await page.getByRole('treeitem').count()).toBeLessThan(120);
    await shot(page, 'wide-end');

    await page.keyboard.type('child-00050000');
    await row(page, child(50_000)).waitFor();
    await eventually(async () => expect(await activeRow(page)).toEqual({ key: child(50_000), position: '50001', size: String(CHILDREN) }));
    await page.keyboard.press('PageDown');
    expect(Number((await activeRow(page)).position)).toBeGreaterThan(50_010);
    await page.keyboard.press('Home');
    expect((await activeRow(page)).key).toBe('/');
  });

  test('is filtered by name, and a node far down opens', async () => {
    const { page } = await suite.open();
    await row(page, WIDE).click();
    await tree(page).press('ArrowRight');
    await noteBelow(page, WIDE).getByRole('button', { name: 'List them' }).click();
    await row(page, child(0)).waitFor();
    await page.getByRole('textbox', { name: 'Filters the names that are loaded' }).fill('0004242');
    await row(page, child(42_420)).waitFor();
    const shown = await page.getByRole('treeitem').evaluateAll((rows) => rows.map((one) => (one as HTMLElement).dataset['key'] ?? ''));
    expect(shown.filter((key) => key.startsWith(`${WIDE}/`))).toEqual([child(4_242), ...Array.from({ length: 10 }, (_, n) => child(42_420 + n))]);
    await shot(page, 'wide-filtered');
    await suite.other.set(child(42_424), 'deep down');
    await row(page, child(42_424)).click();
    await waitForText(page, child(42_424), 'deep down');
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await row(page, child(42_424)).waitFor();
    await goTo(page, child(99_998));
    await row(page, child(99_998)).waitFor();
  });

  test('a child that comes or goes meanwhile does not list it all again unasked', async () => {
    const { page, app } = await suite.open();
    const api = await app.api();
    await row(page, WIDE).click();
    await tree(page).press('ArrowRight');
    await noteBelow(page, WIDE).getByRole('button', { name: 'List them' }).click();
    await row(page, child(0)).waitFor();
    await suite.other.create(`${WIDE}/a-newcomer`, '');
    const note = noteBelow(page, WIDE).getByText('Changed since it was listed');
    await note.waitFor();
    await shot(page, 'wide-changed');
    expect((await sentAbout(api, WIDE)).filter((operation) => /children/i.test(operation))).toHaveLength(1);
    await noteBelow(page, WIDE).getByRole('button', { name: 'Refresh' }).click();
    await row(page, `${WIDE}/a-newcomer`).waitFor();
    await note.waitFor({ state: 'detached' });
  });
});
