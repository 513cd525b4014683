/** A subtree beside a file, and an export of what is written to meanwhile: in the browser, on a real Apache server. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { shot } from './support/browser.ts';
import { useSuite } from './support/suite.ts';
import { choose, eventually, row, rowMenu, toast } from './support/workbench.ts';

const WIDE = 700;
const ANYONE = { perms: 31, scheme: 'world', id: 'anyone' };

describeWith(['chromium', 'java', 'zookeeper', 'kazoo'], 'a subtree and a file', () => {
  const suite = useSuite();
  const text = async (path: string): Promise<string> => (await suite.other.get(path)).data.toString('utf8');
  const detail = (page: Page, kind: string): Locator => page.getByRole('region', { name: kind, exact: true });
  const isDone = (page: Page, kind: string): Promise<void> => detail(page, kind).getByText('done', { exact: true }).waitFor();

  async function makeTree(top: string, each: number): Promise<void> {
    await suite.other.create(top, 'top');
    for (const name of ['database', 'limits']) {
      await suite.other.create(`${top}/${name}`, name);
      await Promise.all(Array.from({ length: each }, (_, i) => suite.other.create(`${top}/${name}/n-${i}`, `value ${i}`)));
    }
  }

  /** Exports a subtree and shows its job. */
  async function exportTo(page: Page, path: string, file: string, rate = ''): Promise<void> {
    await row(page, path).waitFor();
    await rowMenu(page, path, 'Export…');
    const exporting = page.getByRole('dialog', { name: /^Export / });
    // Typed before the suggestion is there, it would be added to that.
    await eventually(async () => expect(await exporting.getByLabel('File on this machine').inputValue()).not.toBe(''));
    await exporting.getByLabel('File on this machine').fill(file);
    await exporting.getByLabel('Nodes per second at most').fill(rate);
    await exporting.getByRole('button', { name: 'Export', exact: true }).click();
    await detail(page, 'Export').waitFor();
  }

  test('compared with its export: what changed since is put back from the file, which itself is never written', async () => {
    const { page, app } = await suite.open();
    const { other } = suite;
    await makeTree('/kept', 3);
    const file = join(app.home, 'kept.jsonl.gz');
    await exportTo(page, '/kept', file);
    await isDone(page, 'Export');
    const before = readFileSync(file);
    await other.set('/kept/database/n-1', 'changed');
    await other.delete('/kept/database/n-2');
    await other.setAcl('/kept/limits', [{ perms: 19, scheme: 'world', id: 'anyone' }]);

    await page.locator('header .tab').first().click();
    await rowMenu(page, '/kept', 'Compare with…');
    const comparing = page.getByRole('dialog', { name: 'Compare kept' });
    await choose(comparing, 'Compare with', 'a file');
    await comparing.getByLabel('File on this machine').fill(join(app.home, 'nowhere.jsonl'));
    await comparing.getByText('This file cannot be imported').waitFor();
    expect(await comparing.getByRole('button', { name: 'Compare', exact: true }).isDisabled()).toBe(true);
    await comparing.getByLabel('File on this machine').fill(file);
    await comparing.getByText(/^Zooscope export, /).waitFor();
    await comparing.getByRole('button', { name: 'Compare', exact: true }).click();
    await isDone(page, 'Compare');
    const differences = page.getByRole('tree', { name: 'Differences' });
    await differences.getByRole('treeitem', { name: 'limits, ACL' }).waitFor();
    await differences.getByRole('treeitem', { name: 'n-2, only in B' }).waitFor();
    await differences.getByRole('treeitem', { name: 'n-1, data' }).click();
    await eventually(async () => {
      const shown = (await detail(page, 'Compare').locator('.view-lines').allTextContents()).join('\n').replaceAll('\u00a0', ' ');
      expect(shown).toContain('value 1');
      expect(shown).toContain('changed');
    });
    expect(await page.getByRole('button', { name: 'Make B like A' }).isDisabled()).toBe(true);
    await shot(page, 'transfer-compare-file');
    await page.getByRole('button', { name: 'Make A like B' }).click();
    await toast(page, 'The node is written; the comparison shows how it was').waitFor();
    expect(await text('/kept/database/n-1')).toBe('value 1');
    expect(await other.exists('/kept/database/n-2')).toBeNull();

    await differences.getByRole('checkbox', { name: 'Select limits' }).click();
    await differences.getByRole('checkbox', { name: 'Select database/n-2' }).click();
    await page.getByRole('button', { name: 'Apply to A…' }).click();
    const applying = page.getByRole('dialog', { name: 'Apply' });
    await applying.getByRole('button', { name: 'Apply 2 changes' }).click();
    await isDone(page, 'Import');
    expect(await text('/kept/database/n-2')).toBe('value 2');
    expect((await other.getAcl('/kept/limits')).acl).toEqual([ANYONE]);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('nodes that change while they are exported are counted, explained, and marked in the file', async () => {
    const { page, app } = await suite.open();
    // More than a job reads ahead, so that some of it is read after the change, however slow it is.
    await makeTree('/moving', WIDE);
    const file = join(app.home, 'moving.jsonl.gz');
    await exportTo(page, '/moving', file, '5');
    const job = detail(page, 'Export');
    await job.getByText('running', { exact: true }).waitFor();
    for (const name of ['database', 'limits']) {
      await Promise.all(Array.from({ length: WIDE }, (_, i) => suite.other.set(`/moving/${name}/n-${i}`, 'moved on')));
    }
    await job.getByLabel('Nodes/s at most').fill('');
    await job.getByLabel('Nodes/s at most').press('Enter');
    await job.getByText('done', { exact: true }).waitFor();
    const told = await job.getByText(/^\d+ nodes? changed while (it was|they were) read\.$/).textContent();
    await job.getByText(/They are marked in the file/).waitFor();
    await shot(page, 'transfer-changed');
    const marked = gunzipSync(readFileSync(file)).toString('utf8').split('\n').filter((line) => line.includes('"changed":true'));
    expect(marked.length).toBeGreaterThan(0);
    expect(told).toMatch(new RegExp(`^${marked.length} nodes? `));
  });
});
