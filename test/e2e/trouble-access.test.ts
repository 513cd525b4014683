/** What may not be done: refused credentials, locked nodes, a root that cannot be read, a connection that only reads. */

import { expect, test } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { shot } from './support/browser.ts';
import { useSuite } from './support/suite.ts';
import {
  editor, expand, fillConnection, goTo, isConnected, node, noteBelow, row, saveButton, statusLine, waitForText,
} from './support/workbench.ts';

const KEEPER = { perms: 31, scheme: 'auth', id: '' };
const BY_BOB = { perms: 31, scheme: 'digest', id: 'bob:9E0rf2K3eEvmsKk8Lz1uHyOHYxo=' };
const ANYONE = { perms: 31, scheme: 'world', id: 'anyone' };

describeWith(['chromium', 'java', 'zookeeper', 'kazoo'], 'what may not be done', () => {
  const suite = useSuite();

  test('a wrong password: the node is locked, and says what is needed', async () => {
    const { other } = suite;
    await other.create('/secret', 'gold', { acl: [KEEPER] });
    const auth = [{ id: null, scheme: 'digest', user: 'keeper', secret: 'wrong' }];
    const { page } = await suite.open(undefined, { auth });
    await goTo(page, '/secret');
    await page.getByText('No permission to read the data').waitFor();
    await shot(page, 'trouble-wrong-password');
    await page.getByRole('button', { name: 'Show the ACL' }).click();
    await page.getByText('No permission to read the ACL').waitFor();
    await shot(page, 'trouble-wrong-password-acl');

    // The right one opens it.
    const right = await suite.open(undefined, { auth: [{ id: null, scheme: 'digest', user: 'keeper', secret: 'of-keys' }] });
    await goTo(right.page, '/secret');
    await waitForText(right.page, '/secret', 'gold');
  });

  test('credentials that the server refuses end the session, in the test and in the workbench', async () => {
    const auth = [{ id: null, scheme: 'nosuchscheme', user: '', secret: 'x' }];
    const { page } = await suite.open(undefined, { auth });
    const alert = page.getByRole('alert').filter({ hasText: 'The server refused the credentials' });
    await alert.waitFor();
    await shot(page, 'trouble-auth-failed');
    await alert.getByRole('button', { name: 'Edit the connection…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Edit connection' });
    await dialog.getByRole('button', { name: 'Test' }).click();
    await dialog.getByText('It fails here: Authenticate.').waitFor();
    await shot(page, 'trouble-auth-failed-test');
    await dialog.getByRole('button', { name: 'Remove these credentials' }).click();
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await alert.getByRole('button', { name: 'Reopen' }).click();
    await isConnected(page);
  });

  test('a server that is not there: the test says which layer failed', async () => {
    const { page } = await suite.open();
    const dialog = await fillConnection(page, { name: 'gone', connectString: 'no-such-host.invalid:2181,127.0.0.1:1' });
    await dialog.getByRole('button', { name: 'Test' }).click();
    await dialog.getByText(/^It fails here/).waitFor();
    const region = dialog.getByRole('region', { name: 'Test' });
    expect(await region.getByText('The host name is not known').count()).toBe(1);
    expect(await region.getByText('Nothing answers at this address').count()).toBe(1);
    await shot(page, 'trouble-unreachable-test');
  });

  test('an unreadable root: any other path still opens', async () => {
    const { other } = suite;
    await other.create('/open', '');
    await other.create('/open/door', 'come in');
    await other.setAcl('/', [KEEPER]);
    try {
      const { page } = await suite.open();
      await page.getByText('The root cannot be listed').waitFor();
      await goTo(page, '/open/door');
      await waitForText(page, '/open/door', 'come in');
      await row(page, '/open/door').waitFor();
      await shot(page, 'trouble-unreadable-root');
      await noteBelow(page, '/').getByRole('button', { name: 'Open a path' }).click();
      const quick = page.getByRole('dialog', { name: 'Go to path' }).getByRole('combobox');
      await quick.fill('/open');
      await quick.press('Enter');
      await node(page, '/open').waitFor();
      await row(page, '/open').waitFor();
    } finally {
      await other.setAcl('/', [ANYONE]);
    }
  });

  test('an unreadable child is shown as locked, its siblings whole', async () => {
    const { other } = suite;
    await other.create('/mixed', '');
    for (const name of ['a', 'b', 'd', 'e']) await other.create(`/mixed/${name}`, name);
    await other.create('/mixed/c', 'hidden', { acl: [BY_BOB] });
    await other.create('/mixed/a/below', '');
    const { page } = await suite.open();
    await expand(page, '/mixed');
    for (const name of ['a', 'b', 'c', 'd', 'e']) await row(page, `/mixed/${name}`).waitFor();
    await row(page, '/mixed/c').getByLabel('Locked').waitFor();
    expect(await row(page, '/mixed/b').getByLabel('Locked').count()).toBe(0);
    await row(page, '/mixed/c').click();
    await page.getByText('No permission to read the data').waitFor();
    await page.getByRole('tree').press('ArrowRight');
    await noteBelow(page, '/mixed/c').getByText('No permission to list the children').waitFor();
    await row(page, '/mixed/d').waitFor();
    await shot(page, 'trouble-locked-child');
    await expand(page, '/mixed/a');
    await row(page, '/mixed/a/below').waitFor();
  });

  test('a read-only connection offers no writes, and refuses them below the interface', async () => {
    const { other } = suite;
    await other.create('/look', 'but do not touch');
    const { page, app } = await suite.open(undefined, { readOnly: true, environment: 'production' });
    await isConnected(page);
    await statusLine(page).getByText('Read-only').waitFor();
    await goTo(page, '/look');
    await waitForText(page, '/look', 'but do not touch');
    expect(await saveButton(page, '/look').count()).toBe(0);
    await editor(page, '/look').focus();
    await page.keyboard.type('x');
    await page.getByText('This connection is read-only.').first().waitFor();
    await shot(page, 'trouble-read-only');
    expect(await other.get('/look')).toMatchObject({ data: Buffer.from('but do not touch') });
    await row(page, '/look').click({ button: 'right' });
    for (const command of ['Create a child…', 'Delete…']) {
      expect(await page.getByRole('menuitem', { name: command }).getAttribute('aria-disabled')).toBe('true');
    }
    await page.keyboard.press('Escape');

    const api = await app.api();
    const [connection] = await api.call('connections.list', {});
    const write = api.call('node.write', { connectionId: connection?.connectionId ?? '', path: '/look', data: new Uint8Array(1), version: 0 });
    await expect(write).rejects.toMatchObject({ failure: { code: 'ReadOnlyConnection', kind: 'denied' } });
    expect((await other.get('/look')).stat.version).toBe(0);
  });

  test('a production connection is marked, and asks for the name before it deletes', async () => {
    const { other } = suite;
    await other.create('/prod', '');
    await other.create('/prod/child', '');
    const { page } = await suite.open(undefined, { environment: 'production' });
    await page.getByRole('note').getByText('Production: orders').waitFor();
    await row(page, '/prod').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Delete…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete prod?' });
    const confirm = dialog.getByRole('button', { name: 'Delete 2 nodes' });
    await confirm.waitFor();
    expect(await confirm.isDisabled()).toBe(true);
    await shot(page, 'delete-production');
    await dialog.getByLabel('This is a production connection. Type prod to go on.').fill('prod');
    await confirm.click();
    await row(page, '/prod').waitFor({ state: 'detached' });
    expect(await other.exists('/prod')).toBeNull();
  });
});
