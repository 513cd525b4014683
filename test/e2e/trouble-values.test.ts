/** Values in danger: conflicts, deletions, too large a paste, binary data, null. Nothing that was typed is ever lost. */

import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { shot } from './support/browser.ts';
import { useSuite } from './support/suite.ts';
import {
  edited, editor, eventually, goTo, node, paste, row, save, saveButton, waitForText,
} from './support/workbench.ts';

describeWith(['chromium', 'java', 'zookeeper', 'kazoo'], 'values in danger', () => {
  const suite = useSuite();
  const text = async (path: string): Promise<string> => (await suite.other.get(path)).data.toString('utf8');

  /** An edit of mine that began before somebody else wrote. */
  async function conflict(path: string): Promise<Page> {
    await suite.other.create(path, '{"who": "nobody"}');
    const { page } = await suite.open();
    await goTo(page, path);
    await waitForText(page, path, 'nobody');
    await paste(page, path, '{"who": "me"}');
    await edited(page, path).waitFor();
    await suite.other.set(path, '{"who": "them"}');
    await node(page, path).getByText(/^Changed on the server while you edit: version 1/).waitFor();
    await waitForText(page, path, '"me"');
    return page;
  }

  test('a conflict shows both values; mine can be saved over theirs', async () => {
    const page = await conflict('/conflict-mine');
    await shot(page, 'trouble-changed-while-editing');
    await saveButton(page, '/conflict-mine').click();
    const dialog = page.getByRole('dialog', { name: 'Someone else changed conflict-mine' });
    await dialog.waitFor();
    await eventually(async () => {
      const shown = (await dialog.locator('.view-lines').allTextContents()).join('\n').replaceAll('\u00a0', ' ');
      expect(shown).toContain('"them"');
      expect(shown).toContain('"me"');
    });
    expect(await text('/conflict-mine')).toBe('{"who": "them"}');
    await shot(page, 'trouble-conflict');
    await dialog.getByRole('button', { name: 'Save mine over version 1' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await text('/conflict-mine')).toBe('{"who": "me"}');
    await edited(page, '/conflict-mine').waitFor({ state: 'detached' });
  });

  test('a conflict can end by taking theirs, or by going on with mine', async () => {
    const path = '/conflict-theirs';
    const page = await conflict(path);
    await saveButton(page, path).click();
    const dialog = page.getByRole('dialog', { name: /^Someone else changed/ });
    await dialog.getByRole('button', { name: 'Keep editing' }).click();
    await waitForText(page, path, '"me"');
    await saveButton(page, path).click();
    await dialog.getByRole('button', { name: 'Take theirs' }).click();
    await waitForText(page, path, '"them"');
    expect((await suite.other.get(path)).stat.version).toBe(1);
  });

  test('a node deleted while it is open keeps the edit, and can be made again', async () => {
    const path = '/going';
    await suite.other.create(path, 'as it was');
    const { page } = await suite.open();
    await goTo(page, path);
    await waitForText(page, path, 'as it was');
    await paste(page, path, 'hours of typing');
    await edited(page, path).waitFor();
    await suite.other.delete(path);
    await node(page, path).getByText('The node was deleted. Your edit is kept.').waitFor();
    await waitForText(page, path, 'hours of typing');
    expect(await saveButton(page, path).isDisabled()).toBe(true);
    await shot(page, 'trouble-deleted-while-editing');
    await page.getByRole('button', { name: 'Close /going' }).click();
    const ask = page.getByRole('alertdialog', { name: 'Close without saving?' });
    await shot(page, 'close-without-saving');
    await ask.getByRole('button', { name: 'Cancel' }).click();
    await node(page, path).getByRole('button', { name: 'Create again with this data' }).click();
    await edited(page, path).waitFor({ state: 'detached' });
    await eventually(async () => expect(await text(path)).toBe('hours of typing'));
    await row(page, path).waitFor();
  });

  test('a paste of 2 MB cannot be saved, says why, and is not lost', async () => {
    const path = '/large';
    await suite.other.create(path, 'small');
    const { page } = await suite.open();
    await goTo(page, path);
    await waitForText(page, path, 'small');
    const lines = `${'x'.repeat(79)}\n`.repeat(25_000);
    await paste(page, path, lines);
    const note = node(page, path).getByRole('alert').filter({ hasText: 'Too large to save: 2,000,000 bytes' });
    await note.waitFor({ timeout: 30_000 });
    expect(await note.textContent()).toContain('jute.maxbuffer 1,048,575');
    expect(await saveButton(page, path).isDisabled()).toBe(true);
    await shot(page, 'trouble-too-large');
    expect(await text(path)).toBe('small');
    // Everything is still there, in the editor.
    await editor(page, path).focus();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.press('ControlOrMeta+c');
    expect(await page.evaluate(() => navigator.clipboard.readText().then((all) => all.length))).toBe(lines.length);
    await page.keyboard.type('fits');
    await note.waitFor({ state: 'detached' });
    await save(page, path);
    expect(await text(path)).toBe('fits');
  });

  test('binary data is shown as hex, and only what is changed changes', async () => {
    const path = '/binary';
    const bytes = Buffer.from([0, 1, 2, 0x80, 0xff, 0xfe, 0x0d, 0x0a, 0x0d, 0xc3, 0x28, 0, 0x41]);
    await suite.other.create(path, bytes);
    await suite.other.create('/beside', 'text');
    const { page } = await suite.open();
    await goTo(page, path);
    const hex = editor(page, path);
    await node(page, path).getByText('Binary data.').waitFor();
    await shot(page, 'value-binary');
    await goTo(page, '/beside');
    await waitForText(page, '/beside', 'text');
    await paste(page, '/beside', 'other');
    await save(page, '/beside');
    await goTo(page, path);
    expect((await suite.other.get(path)).data).toEqual(bytes);
    await hex.focus();
    await page.keyboard.press('ControlOrMeta+Home');
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
    await page.keyboard.type('7f');
    await save(page, path);
    const expected = Buffer.from(bytes);
    expected[3] = 0x7f;
    expect((await suite.other.get(path)).data).toEqual(expected);
  });

  test('line endings, a byte order mark and a missing last line break survive an edit', async () => {
    const path = '/windows';
    await suite.other.create(path, '\ufeffone = 1\r\ntwo = 2');
    const { page } = await suite.open();
    await goTo(page, path);
    await waitForText(page, path, 'two = 2');
    await editor(page, path).focus();
    await page.keyboard.press('ControlOrMeta+End');
    await page.keyboard.type('2');
    await save(page, path);
    expect(await text(path)).toBe('\ufeffone = 1\r\ntwo = 22');
  });

  test('null and empty are told apart, on the server too', async () => {
    const path = '/nothing';
    await suite.other.create(path, '');
    const { page } = await suite.open();
    await goTo(page, path);
    await node(page, path).getByText('Empty: zero bytes. That is not the same as null.').waitFor();
    await shot(page, 'value-empty');
    await node(page, path).getByRole('button', { name: 'Set to null' }).click();
    await save(page, path);
    await node(page, path).getByText('null: the node holds no data at all.').waitFor();
    await editor(page, path).focus();
    await page.keyboard.type('now some');
    await save(page, path);
    expect(await text(path)).toBe('now some');
  });
});
