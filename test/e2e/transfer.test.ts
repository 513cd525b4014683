/** Subtrees as files and as copies, in the browser, on a real Apache server: out, away, back, compared, applied. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { shot } from './support/browser.ts';
import { useSuite } from './support/suite.ts';
import { choose, eventually, goTo, row, rowMenu, tree } from './support/workbench.ts';

describeWith(['chromium', 'java', 'zookeeper', 'kazoo'], 'transfers', () => {
  const suite = useSuite();
  const text = async (path: string): Promise<string> => (await suite.other.get(path)).data.toString('utf8');

  async function makeTree(top: string): Promise<void> {
    await suite.other.create(top, 'top');
    for (const name of ['database', 'features', 'limits']) {
      await suite.other.create(`${top}/${name}`, `{"name": "${name}"}`);
      for (let i = 0; i < 20; i++) await suite.other.create(`${top}/${name}/n-${i}`, `value ${i}`);
    }
  }

  /** The job on screen, by the heading of its detail. */
  const detail = (page: Page, kind: string): Locator => page.getByRole('region', { name: kind, exact: true });
  const isDone = (page: Page, kind: string): Promise<void> => detail(page, kind).getByText('done', { exact: true }).waitFor();
  const backToTree = (page: Page): Promise<void> => page.locator('header .tab').first().click();

  test('a subtree is exported, deleted, and imported again; the file of a stranger is refused by its line', async () => {
    const { page, app } = await suite.open();
    await makeTree('/away');
    const file = join(app.home, 'exports', 'away.jsonl.gz');
    await row(page, '/away').waitFor();
    await rowMenu(page, '/away', 'Export…');
    const exporting = page.getByRole('dialog', { name: 'Export away' });
    await eventually(async () => expect(await exporting.getByLabel('File on this machine').inputValue()).toMatch(/away-\d{4}-\d\d-\d\d\.jsonl\.gz$/));
    await shot(page, 'transfer-export');
    await exporting.getByLabel('File on this machine').fill(file);
    await exporting.getByRole('button', { name: 'Export', exact: true }).click();
    await isDone(page, 'Export');
    await detail(page, 'Export').getByText('64 nodes').waitFor();
    await detail(page, 'Export').getByText('Nothing in it changed while it was read').waitFor();
    await shot(page, 'transfer-exported');

    await backToTree(page);
    await suite.other.delete('/away', { recursive: true });
    await row(page, '/away').waitFor({ state: 'detached' });
    await suite.other.create('/away', '');
    await row(page, '/away').waitFor();
    await rowMenu(page, '/away', 'Import here…');
    const importing = page.getByRole('dialog', { name: 'Import into away' });
    const damaged = join(app.home, 'damaged.jsonl');
    writeFileSync(damaged, '{"format":"zooscope-export","version":7}\n');
    await importing.getByLabel('File on this machine').fill(damaged);
    await importing.getByText(/line 1: format version 7/).waitFor();
    await shot(page, 'transfer-import-refused');
    await importing.getByLabel('File on this machine').fill(file);
    await importing.getByText(/^Zooscope export, /).waitFor();
    await choose(importing, 'A node that is there and differs', 'is overwritten');
    await importing.getByRole('button', { name: 'Preview' }).click();
    await importing.getByText('Preview: nothing is written yet').waitFor();
    await importing.getByRole('button', { name: 'Import 64 nodes' }).waitFor();
    expect(await suite.other.children('/away')).toEqual([]);
    await shot(page, 'transfer-preview');
    await importing.getByRole('button', { name: 'Import 64 nodes' }).click();
    await isDone(page, 'Import');
    expect(await text('/away/features/n-7')).toBe('value 7');
    expect(await text('/away')).toBe('top');
    await shot(page, 'transfer-report');
  });

  test('two subtrees are compared, and what is ticked is applied to one side after a preview', async () => {
    const { page } = await suite.open();
    await makeTree('/left');
    await makeTree('/right');
    await suite.other.set('/right/features/n-3', 'changed');
    await suite.other.delete('/right/limits/n-4');
    await suite.other.create('/right/database/extra', 'only here');
    await suite.other.setAcl('/right/limits', [{ perms: 23, scheme: 'world', id: 'anyone' }]);
    await suite.other.create('/left/who', 'same', { ephemeral: true });
    await suite.other.create('/right/who', 'same');
    await row(page, '/left').waitFor();
    await rowMenu(page, '/left', 'Compare with…');
    const comparing = page.getByRole('dialog', { name: 'Compare left' });
    await comparing.getByRole('combobox', { name: 'Path' }).fill('/right');
    await comparing.getByRole('checkbox', { name: 'With ephemeral nodes' }).click();
    await comparing.getByRole('button', { name: 'Compare', exact: true }).click();
    await isDone(page, 'Compare');
    const differences = page.getByRole('tree', { name: 'Differences' });
    await differences.getByText('extra', { exact: true }).click();
    await differences.getByRole('treeitem', { name: 'limits, ACL' }).click();
    await detail(page, 'Compare').getByText('world:anyone:crwa', { exact: true }).waitFor();
    await differences.getByRole('treeitem', { name: 'who, kind' }).click();
    await detail(page, 'Compare').getByText('A /left: ephemeral, 4 B').waitFor();
    await detail(page, 'Compare').getByText('B /right: persistent, 4 B').waitFor();
    await differences.getByText('n-3', { exact: true }).click();
    await eventually(async () => {
      const shown = (await detail(page, 'Compare').locator('.view-lines').allTextContents()).join('\n').replaceAll('\u00a0', ' ');
      expect(shown).toContain('value 3');
      expect(shown).toContain('changed');
    });
    await shot(page, 'transfer-compare');

    await differences.getByRole('checkbox', { name: 'Select features/n-3' }).click();
    await differences.getByRole('checkbox', { name: 'Select limits/n-4' }).click();
    await differences.getByRole('checkbox', { name: 'Select database/extra' }).click();
    await page.getByRole('button', { name: 'Apply to B…' }).click();
    const applying = page.getByRole('dialog', { name: 'Apply' });
    await applying.getByRole('button', { name: 'Apply 3 changes' }).waitFor();
    await shot(page, 'transfer-apply');
    expect(await text('/right/features/n-3')).toBe('changed');
    await applying.getByRole('button', { name: 'Apply 3 changes' }).click();
    await isDone(page, 'Copy');
    expect(await text('/right/features/n-3')).toBe('value 3');
    expect(await text('/right/limits/n-4')).toBe('value 4');
    expect(await suite.other.exists('/right/database/extra')).toBeNull();
    expect(await suite.other.exists('/right/database/n-1')).not.toBeNull();
  });

  test('a copy on a production connection asks for the name; a running job is paused, gone on with and cancelled', async () => {
    const { page } = await suite.open(undefined, { environment: 'production' });
    await makeTree('/source');
    await suite.other.create('/source/owned', 'by a session', { ephemeral: true });
    await row(page, '/source').waitFor();
    await rowMenu(page, '/source', 'Copy to…');
    const copying = page.getByRole('dialog', { name: 'Copy source' });
    await copying.getByLabel('Nodes per second at most').fill('10');
    await copying.getByRole('button', { name: 'Preview' }).click();
    const apply = copying.getByRole('button', { name: 'Copy 64 nodes' });
    await apply.waitFor();
    expect(await apply.isDisabled()).toBe(true);
    await copying.getByText('Left out: 1 ephemeral node').waitFor();
    await copying.getByLabel(/^Type source-copy to confirm/).fill('source-copy');
    await shot(page, 'transfer-production');
    await apply.click();
    const job = detail(page, 'Copy');
    await job.getByRole('button', { name: 'Pause' }).click();
    await job.getByText('paused', { exact: true }).waitFor();
    await shot(page, 'transfer-paused');
    const soFar = await suite.other.children('/source-copy').catch(() => []);
    expect(soFar.length).toBeLessThan(3);
    await job.getByRole('button', { name: 'Resume' }).click();
    await job.getByText('running', { exact: true }).waitFor();
    await job.getByRole('button', { name: 'Cancel' }).click();
    await job.getByText('cancelled', { exact: true }).waitFor();
    await job.getByLabel('Nodes/s at most').waitFor({ state: 'detached' });
    await job.getByRole('button', { name: 'Resume' }).click();
    await job.getByLabel('Nodes/s at most').fill('');
    await job.getByLabel('Nodes/s at most').press('Enter');
    await isDone(page, 'Copy');
    expect(await text('/source-copy/limits/n-19')).toBe('value 19');
  });

  test('a recursive delete of 1,000 nodes is undone from History', async () => {
    const { page } = await suite.open();
    await suite.other.create('/thousand', 'top');
    await Promise.all(Array.from({ length: 999 }, (_, i) => suite.other.create(`/thousand/n-${i}`, 'value')));
    await row(page, '/thousand').waitFor();
    await rowMenu(page, '/thousand', 'Delete…');
    const deleting = page.getByRole('dialog', { name: 'Delete thousand' });
    await deleting.getByText('It is kept in History').waitFor();
    await deleting.getByRole('button', { name: 'Delete 1,000 nodes' }).click();
    await deleting.waitFor({ state: 'detached' });
    await eventually(async () => expect(await suite.other.exists('/thousand')).toBeNull());
    await page.getByRole('list', { name: 'Notifications' }).getByRole('button', { name: 'Undo' }).click();
    const undoing = page.getByRole('dialog', { name: 'Undo: thousand' });
    await undoing.getByText('Puts back 1,000 nodes').waitFor();
    await shot(page, 'history-undo');
    await undoing.getByRole('button', { name: 'Undo', exact: true }).click();
    await isDone(page, 'Undo');
    await detail(page, 'Undo').getByText('created').waitFor();
    expect((await suite.other.children('/thousand')).length).toBe(999);
    expect(await text('/thousand')).toBe('top');
    await page.getByRole('tab', { name: 'History' }).click();
    await page.getByText('undone', { exact: true }).first().waitFor();
    await shot(page, 'history');
    await backToTree(page);
    await row(page, '/thousand').waitFor();
    await goTo(page, '/thousand');
    await tree(page).waitFor();
  });
});
