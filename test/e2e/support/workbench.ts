/** What a person does with the app, in their words: rows of the tree, tabs, the editor, dialogs, panels. By role and name. */

import type { Locator, Page } from 'playwright-core';
import { expect, vi } from 'vitest';

/** Waits until a check of values passes; for what Playwright's own waiting does not cover. */
export function eventually<T>(check: () => T | Promise<T>, timeout = 15_000): Promise<T> {
  return vi.waitFor(check, { timeout, interval: 40 });
}

// ---- connections

export interface NewConnection {
  readonly name: string;
  readonly connectString: string;
  readonly user?: string;
  readonly password?: string;
  readonly readOnly?: boolean;
  readonly environment?: 'Production' | 'Staging' | 'Development' | 'Local';
  readonly sessionTimeoutMs?: number;
}

/** Opens the connection dialog and fills it in. */
export async function fillConnection(page: Page, wanted: NewConnection): Promise<Locator> {
  await page.getByRole('button', { name: 'New connection' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'New connection' });
  await dialog.getByLabel('Name', { exact: true }).fill(wanted.name);
  await dialog.getByLabel('Connect string').fill(wanted.connectString);
  if (wanted.environment !== undefined) await dialog.getByRole('radio', { name: wanted.environment }).click();
  if (wanted.readOnly === true) await dialog.getByRole('checkbox', { name: 'Read-only' }).click();
  if (wanted.user !== undefined) {
    await dialog.getByRole('button', { name: 'Add credentials' }).click();
    await dialog.getByLabel('User').fill(wanted.user);
    await dialog.getByLabel('Password').fill(wanted.password ?? '');
  }
  if (wanted.sessionTimeoutMs !== undefined) {
    await dialog.getByRole('button', { name: 'Advanced' }).click();
    await dialog.getByLabel('Session timeout, ms').fill(String(wanted.sessionTimeoutMs));
  }
  return dialog;
}

/** Makes a connection through the dialog and opens it. */
export async function connect(page: Page, wanted: NewConnection): Promise<void> {
  const dialog = await fillConnection(page, wanted);
  await dialog.getByRole('button', { name: 'Save and open' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('tab', { name: wanted.name, selected: true }).waitFor();
}

/** The line at the bottom that always says how the session is. */
export const statusLine = (page: Page): Locator => page.getByRole('region', { name: 'State of the connection' });

export async function isConnected(page: Page): Promise<void> {
  await statusLine(page).getByRole('status').getByText('Connected', { exact: true }).waitFor();
}

/** The session id in the status line. */
export async function sessionShown(page: Page): Promise<string> {
  return (await statusLine(page).getByRole('button', { name: /^0x/ }).textContent()) ?? '';
}

// ---- the tree

export const tree = (page: Page): Locator => page.getByRole('tree');

/**
 * The row of a node; names recur in a tree, so it is told by its whole path. Behind an open dialog all rows are hidden
 * from assistive technology, and are there all the same: `detached` means that a row is gone.
 */
export function row(page: Page, path: string): Locator {
  return page.getByRole('treeitem', { includeHidden: true }).and(page.locator(`[data-key="${path}"]`));
}

/** The line that stands in the place of a node's children: none, locked, too many, ... */
export function noteBelow(page: Page, path: string): Locator {
  return page.getByRole('treeitem').and(page.locator(`[data-key="${path}//note"]`));
}

/** Shows a node's children. */
export async function expand(page: Page, path: string): Promise<void> {
  await row(page, path).click();
  if ((await row(page, path).getAttribute('aria-expanded')) !== 'true') await tree(page).press('ArrowRight');
  await page.locator(`[data-key="${path}"][aria-expanded="true"]`).waitFor();
}

/** A command of a row's menu. */
export async function rowMenu(page: Page, path: string, command: string): Promise<void> {
  await row(page, path).click({ button: 'right' });
  await page.getByRole('menuitem', { name: command }).click();
}

// ---- nodes

/** Opens a node by typing its path into the path bar. */
export async function goTo(page: Page, path: string): Promise<void> {
  const bar = page.getByRole('navigation', { name: 'Path' }).getByRole('combobox', { name: 'Path' });
  await bar.fill(path);
  await bar.press('Enter');
  await node(page, path).waitFor();
}

/** The view of an open node. */
export const node = (page: Page, path: string): Locator => page.getByRole('region', { name: `Node ${path}`, exact: true });

/** Data, Stat, ACL or Watch of the node that is open. */
export async function part(page: Page, name: string): Promise<void> {
  await page.getByRole('tablist', { name: 'Parts of the node' }).getByRole('tab', { name }).click();
}

export const editor = (page: Page, path: string): Locator => page.getByRole('textbox', { name: `Data of ${path}`, exact: true });

/** The text on screen in the editor of a node: small values only, since the editor draws what is in view. */
export async function editorText(page: Page, path: string): Promise<string> {
  const lines = node(page, path).locator('.view-lines .view-line');
  const placed = await lines.evaluateAll((all) =>
    all.map((line) => ({ top: parseFloat((line as HTMLElement).style.top), text: line.textContent ?? '' })),
  );
  return placed
    .sort((a, b) => a.top - b.top)
    .map(({ text }) => text.replaceAll('\u00a0', ' '))
    .join('\n');
}

export async function waitForText(page: Page, path: string, text: string | RegExp, timeout?: number): Promise<void> {
  await editor(page, path).waitFor({ state: 'attached' });
  await eventually(async () => {
    const shown = await editorText(page, path);
    if (typeof text === 'string') expect(shown).toContain(text);
    else expect(shown).toMatch(text);
  }, timeout);
}

/** Replaces the text in a node's editor by pasting, which is what leaves any text as it is. */
export async function paste(page: Page, path: string, text: string): Promise<void> {
  await page.evaluate((what) => navigator.clipboard.writeText(what), text);
  await editor(page, path).focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('ControlOrMeta+v');
}

export const saveButton = (page: Page, path: string): Locator => node(page, path).getByRole('button', { name: 'Save', exact: true });

/** Saves and waits until there is nothing left to save. */
export async function save(page: Page, path: string): Promise<void> {
  await saveButton(page, path).click();
  await edited(page, path).waitFor({ state: 'detached' });
  await toast(page, `Saved ${path}`).last().waitFor();
}

/** The word that a node has an edit which is not saved. */
export const edited = (page: Page, path: string): Locator => node(page, path).getByText('Edited', { exact: true });

export const toast = (page: Page, text: string): Locator => page.getByRole('list', { name: 'Notifications' }).getByText(text);

// ---- panels

/** Shows one of the panels at the bottom. */
export async function panel(page: Page, name: 'Feed' | 'Cluster' | 'Requests'): Promise<Locator> {
  const area = page.getByRole('region', { name: 'Panel' });
  if (!(await area.isVisible())) await statusLine(page).getByRole('button', { name: 'Show or hide the panel' }).click();
  await area.getByRole('tab', { name }).click();
  return area;
}

/** The row of a server in the cluster panel. */
export const serverRow = (page: Page, server: string): Locator =>
  page.getByRole('table', { name: /^Servers of/ }).getByRole('row').filter({ has: page.getByRole('rowheader', { name: server }) });

/** Picks one of a Select's values. */
export async function choose(within: Page | Locator, label: string, value: string): Promise<void> {
  const trigger = within.getByRole('combobox', { name: label });
  await trigger.click();
  const page = 'page' in within ? within.page() : within;
  await page.getByRole('option', { name: value, exact: true }).click();
}
