/** Jobs, the journal and undo through the app's own door, on a real Apache server, with kazoo as the other client. */

import { setMaxListeners } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AnyTransferWork, TransferJob } from '../../src/contract/transfer.ts';
import { startApacheStandalone } from '../support/apache.ts';
import { startKazoo, type KazooClient } from '../support/kazoo.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';
import { fakeLocalServers, text } from '../unit/services/harness.ts';
import { memoryTransfer } from '../unit/services/memory-logs.ts';
import { startApp, until, type RealApp } from './services-app.ts';

describeWith(['java', 'zookeeper', 'kazoo'], 'transfers of the app on Apache', () => {
  let apache: ServersHandle;
  let other: KazooClient;

  beforeAll(async () => {
    // As the hosts do: one call may have many requests under way.
    setMaxListeners(1_000);
    apache = await startApacheStandalone({ jvm: ['-Dzookeeper.extendedTypesEnabled=true'] });
    other = await startKazoo(apache.connectString);
  });
  afterAll(async () => {
    await other?.[Symbol.asyncDispose]();
    await apache?.stopAll();
  });

  const ended = (app: RealApp, jobId: string): Promise<TransferJob> =>
    until('the job ends', async () => (await app.call('transfer.list', {})).find((job) => job.jobId === jobId && job.endedAtMs !== null));
  const taking = { ephemerals: false, acl: true };

  async function makeTree(app: RealApp, connectionId: string, top: string, children: number): Promise<void> {
    const plain = { connectionId, kind: 'persistent', acl: null, ttlMs: null, parents: true } as const;
    await app.call('node.create', { ...plain, path: top, data: text('top') });
    await Promise.all(Array.from({ length: children }, (_, i) =>
      app.call('node.create', { ...plain, path: `${top}/n${i % 10}/leaf-${i}`, data: text(`value ${i}`) })));
  }

  /** Every path below, with its data. */
  async function snapshot(app: RealApp, connectionId: string, top: string): Promise<string[]> {
    const { token, sample } = await app.call('node.deletePreview', { connectionId, path: top, limit: 10_000, jobId: 'count' });
    expect(token).not.toBe('');
    const out: string[] = [];
    for (const { path } of sample) {
      const { data } = await app.call('node.read', { connectionId, path, watch: false });
      out.push(`${path}=${data === null ? 'null' : new TextDecoder().decode(data)}`);
    }
    return out.sort();
  }

  test('a recursive delete of 1,000 nodes is undone', async () => {
    await using app = startApp();
    const connectionId = await app.open(apache.connectString);
    await makeTree(app, connectionId, '/undo', 1_000);
    const before = await snapshot(app, connectionId, '/undo');
    const { token } = await app.call('node.deletePreview', { connectionId, path: '/undo', limit: 10_000, jobId: 'j' });
    expect(await app.call('node.delete', { connectionId, path: '/undo', token, jobId: 'j' })).toMatchObject({ deleted: 1_011, left: [] });
    expect(await other.exists('/undo')).toBeNull();

    const { operations } = await app.call('history.list', { profileId: null, path: '/undo', below: true, from: 0, count: 10 });
    expect(operations).toMatchObject([{ kind: 'delete', path: '/undo', nodes: 1_011, state: 'done' }]);
    const { operationId } = operations[0]!;
    const page = await app.call('history.entries', { operationId, from: 1_000, count: 100 });
    expect(page.total).toBe(1_011);
    expect(page.entries.length).toBe(11);
    expect(page.entries[0]).toMatchObject({ index: 1_000, action: 'delete', kind: 'persistent', undone: false });

    const { jobId } = await app.call('history.undo', { connectionId, operationId, indexes: null, conflicts: 'leave' });
    expect(await ended(app, jobId)).toMatchObject({ state: 'done', nodes: 1_011, counts: { create: 1_011, leave: 0, fail: 0 } });
    expect(await snapshot(app, connectionId, '/undo')).toEqual(before);
    expect((await app.call('history.list', { profileId: null, path: '/undo', below: false, from: 0, count: 10 })).operations.at(-1)).toMatchObject({ state: 'undone' });
    // Nothing is left to be done the second time.
    const again = await app.call('history.undo', { connectionId, operationId, indexes: null, conflicts: 'leave' });
    expect(await ended(app, again.jobId)).toMatchObject({ counts: { same: 1_011, create: 0 } });
  });

  test('a save is undone; what somebody else wrote since is left, or overwritten when that is chosen', async () => {
    await using app = startApp();
    const connectionId = await app.open(apache.connectString);
    await other.create('/save', 'one');
    await app.call('node.write', { connectionId, path: '/save', data: text('two'), version: 0 });
    const [saved] = (await app.call('history.list', { profileId: null, path: '/save', below: false, from: 0, count: 10 })).operations;
    expect(saved).toMatchObject({ kind: 'setData', nodes: 1, bytes: 3 });
    const operationId = saved!.operationId;
    expect((await app.call('history.value', { operationId, index: 0 })).data).toEqual(text('one'));

    await other.set('/save', 'theirs');
    const undo = (conflicts: 'leave' | 'overwrite') => app.call('history.undo', { connectionId, operationId, indexes: null, conflicts });
    expect(await ended(app, (await undo('leave')).jobId)).toMatchObject({ counts: { leave: 1, change: 0 } });
    expect((await other.get('/save')).data.toString()).toBe('theirs');
    expect(await ended(app, (await undo('overwrite')).jobId)).toMatchObject({ counts: { leave: 0, change: 1 } });
    expect((await other.get('/save')).data.toString()).toBe('one');

    // The undo overwrote "theirs", and can itself be undone.
    const [undone] = (await app.call('history.list', { profileId: null, path: '/save', below: false, from: 0, count: 10 })).operations;
    expect(undone).toMatchObject({ kind: 'undo' });
    const back = await app.call('history.undo', { connectionId, operationId: undone!.operationId, indexes: null, conflicts: 'leave' });
    expect(await ended(app, back.jobId)).toMatchObject({ counts: { change: 1 } });
    expect((await other.get('/save')).data.toString()).toBe('theirs');
  });

  test('an ACL is put back; a refused write leaves nothing in History; a full disk refuses the write', async () => {
    const transfer = memoryTransfer();
    await using app = startApp(fakeLocalServers(), transfer);
    const connectionId = await app.open(apache.connectString);
    await other.create('/rights', 'one');
    const acl = [{ perms: 17, id: { scheme: 'world', id: 'anyone' } }];
    await app.call('acl.write', { connectionId, path: '/rights', acl, aversion: 0 });
    const [operation] = (await app.call('history.list', { profileId: null, path: null, below: false, from: 0, count: 10 })).operations;
    const { jobId } = await app.call('history.undo', { connectionId, operationId: operation!.operationId, indexes: null, conflicts: 'leave' });
    expect(await ended(app, jobId)).toMatchObject({ counts: { change: 1 } });
    expect((await app.call('acl.read', { connectionId, path: '/rights' })).acl).toMatchObject([{ perms: 31 }]);

    const { total } = await app.call('history.list', { profileId: null, path: null, below: false, from: 0, count: 10 });
    expect(await app.call('node.write', { connectionId, path: '/rights', data: text('x'), version: 7 })).toMatchObject({ kind: 'conflict' });
    expect((await app.call('history.list', { profileId: null, path: null, below: false, from: 0, count: 10 })).total).toBe(total);

    transfer.history.failFrom = transfer.history.appends;
    expect(await app.fail('node.write', { connectionId, path: '/rights', data: text('x'), version: 0 })).toMatchObject({ code: 'FileFailed', hint: 'hint.checkDisk' });
    expect((await other.get('/rights')).data.toString()).toBe('one');
    const { token } = await app.call('node.deletePreview', { connectionId, path: '/rights', limit: 10, jobId: 'j' });
    expect(await app.call('node.delete', { connectionId, path: '/rights', token, jobId: 'j' })).toMatchObject({ deleted: 0, untouched: 1, stopped: { code: 'FileFailed' } });
    expect(await other.exists('/rights')).not.toBeNull();
  });

  test('export, compare, delete, import; the preview tells what the job then does', async () => {
    await using app = startApp();
    const connectionId = await app.open(apache.connectString);
    await makeTree(app, connectionId, '/round', 200);
    const before = await snapshot(app, connectionId, '/round');
    const file = '/exports/round.jsonl';
    const exportWork: AnyTransferWork = { kind: 'export', connectionId, path: '/round', ...taking, file, compression: 'none', overwriteFile: false };
    const exported = await app.call('transfer.read', { work: exportWork, dryRun: false });
    expect(await ended(app, exported.jobId)).toMatchObject({ state: 'done', nodes: 211, changed: 0 });
    expect(await app.call('transfer.fileInfo', { file })).toMatchObject({ format: 'zooscope', root: '/round' });

    await other.set('/round/n3/leaf-3', 'changed');
    await other.delete('/round/n4/leaf-4');
    await other.create('/round/new', 'extra');
    const a = { kind: 'live', connectionId, path: '/round' } as const;
    const b = { kind: 'file', file, below: '' } as const;
    const compared = await app.call('transfer.read', { work: { kind: 'compare', a, b, ...taking }, dryRun: false });
    const comparison = await ended(app, compared.jobId);
    expect(comparison).toMatchObject({ state: 'done', counts: { create: 1, change: 1, remove: 1 } });
    const { items } = await app.call('transfer.items', { jobId: comparison.jobId, actions: ['create', 'change', 'remove'], from: 0, count: 100 });
    expect(items.map(({ path, action }) => `${action} ${path}`)).toEqual(['change n3/leaf-3', 'create n4/leaf-4', 'remove new']);
    const difference = await app.call('transfer.difference', { jobId: comparison.jobId, path: 'n3/leaf-3' });
    expect([difference.a?.data, difference.b?.data]).toEqual([text('changed'), text('value 3')]);

    const write: AnyTransferWork = { kind: 'write', from: b, connectionId, path: '/round', ...taking, policy: 'overwrite', removeExtra: true, only: null };
    const preview = await ended(app, (await app.call('transfer.read', { work: write, dryRun: true })).jobId);
    expect(preview.counts).toMatchObject({ create: 1, change: 1, remove: 1 });
    expect((await other.get('/round/n3/leaf-3')).data.toString()).toBe('changed');
    const imported = await ended(app, (await app.call('transfer.write', { connectionId, work: write, previewId: preview.jobId, nodesPerSecondMax: null })).jobId);
    expect(imported).toMatchObject({ state: 'done', counts: { create: 1, change: 1, remove: 1, fail: 0, leave: 0 } });
    expect(imported.operationId).not.toBeNull();
    expect(await snapshot(app, connectionId, '/round')).toEqual(before);

    // What the import overwrote and removed comes back.
    const undo = await app.call('history.undo', { connectionId, operationId: imported.operationId!, indexes: null, conflicts: 'leave' });
    expect(await ended(app, undo.jobId)).toMatchObject({ state: 'done', counts: { change: 1, create: 1 } });
    expect((await other.get('/round/n3/leaf-3')).data.toString()).toBe('changed');
    expect((await other.get('/round/new')).data.toString()).toBe('extra');
  });

  test('a job of a closed app is interrupted, and goes on in the next one', async () => {
    const transfer = memoryTransfer();
    const first = startApp(fakeLocalServers(), transfer);
    const stores = first.ports.openStore;
    const connectionId = await first.open(apache.connectString);
    await makeTree(first, connectionId, '/long', 300);
    const work: AnyTransferWork = { kind: 'write', from: { kind: 'live', connectionId, path: '/long' }, connectionId, path: '/long-copy', ...taking, policy: 'stop', removeExtra: false, only: null };
    const { jobId } = await first.call('transfer.write', { connectionId, work, previewId: null, nodesPerSecondMax: 200 });
    await until('some are copied', () => first.told('transfer.job').find((job) => job.jobId === jobId && job.nodes > 20));
    // As a crash would leave it: what the disk had at this moment, and nothing written down at the end.
    const disk = new Map([...transfer.jobs.files].map(([name, lines]) => [name, [...lines]]));
    await first.close();
    transfer.jobs.files.clear();
    for (const [name, lines] of disk) transfer.jobs.files.set(name, lines);

    await using second = startApp(fakeLocalServers(), transfer, stores);
    expect((await second.call('transfer.list', {})).find((job) => job.jobId === jobId)).toMatchObject({ state: 'interrupted', resumable: true });
    await second.call('transfer.control', { jobId, action: 'resume' });
    expect(await ended(second, jobId)).toMatchObject({ state: 'done', counts: { fail: 0, leave: 0 } });
    const again = (await second.call('connections.list', {}))[0]!.connectionId;
    const from = await snapshot(second, again, '/long');
    const to = await snapshot(second, again, '/long-copy');
    expect(to.map((line) => line.replace('/long-copy', '/long'))).toEqual(from);
  });

  test('ACLs of a subtree are set, and put back; a subtree is moved, and brought back', async () => {
    await using app = startApp();
    const connectionId = await app.open(apache.connectString);
    await makeTree(app, connectionId, '/rights-below', 40);
    const acl = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }, { perms: 1, id: { scheme: 'ip', id: '10.0.0.0/8' } }];
    const setAcl: AnyTransferWork = { kind: 'setAcl', connectionId, path: '/rights-below', ephemerals: true, acl, mode: 'replace' };
    const set = await ended(app, (await app.call('transfer.write', { connectionId, work: setAcl, previewId: null, nodesPerSecondMax: null })).jobId);
    expect(set).toMatchObject({ state: 'done', counts: { change: 51, fail: 0 } });
    expect((await other.getAcl('/rights-below/n3/leaf-3')).acl).toHaveLength(2);
    const undone = await ended(app, (await app.call('history.undo', { connectionId, operationId: set.operationId!, indexes: null, conflicts: 'leave' })).jobId);
    expect(undone.counts).toMatchObject({ change: 51, leave: 0, fail: 0 });
    expect((await other.getAcl('/rights-below/n3/leaf-3')).acl).toHaveLength(1);

    const before = await snapshot(app, connectionId, '/rights-below');
    const move: AnyTransferWork = { kind: 'move', from: { kind: 'live', connectionId, path: '/rights-below' }, connectionId, path: '/moved-away', ...taking, policy: 'stop' };
    const moved = await ended(app, (await app.call('transfer.write', { connectionId, work: move, previewId: null, nodesPerSecondMax: null })).jobId);
    expect(moved).toMatchObject({ state: 'done', counts: { create: 51, fail: 0, leave: 0 } });
    expect(await other.exists('/rights-below')).toBeNull();
    expect((await snapshot(app, connectionId, '/moved-away')).map((line) => line.replace('/moved-away', '/rights-below'))).toEqual(before);
    await ended(app, (await app.call('history.undo', { connectionId, operationId: moved.operationId!, indexes: null, conflicts: 'leave' })).jobId);
    expect(await snapshot(app, connectionId, '/rights-below')).toEqual(before);
  });

  test('what cannot be done is refused by name, and nothing is begun', async () => {
    await using app = startApp();
    const connectionId = await app.open(apache.connectString);
    await makeTree(app, connectionId, '/busy', 300);
    const exportTo = (file: string): AnyTransferWork => ({ kind: 'export', connectionId, path: '/busy', ...taking, file, compression: 'none', overwriteFile: false });
    expect((await app.fail('transfer.read', { work: exportTo('relative.jsonl') as never, dryRun: false })).code).toBe('BadFileName');
    const nowhere = await app.call('transfer.read', { work: { kind: 'compare', a: { kind: 'file', file: '/nowhere', below: '' }, b: { kind: 'live', connectionId, path: '/busy' }, ...taking }, dryRun: false });
    expect(await ended(app, nowhere.jobId)).toMatchObject({ state: 'stopped', failure: { code: 'FileFailed', hint: 'hint.checkDisk' } });
    const intoItself: AnyTransferWork = { kind: 'write', from: { kind: 'live', connectionId, path: '/busy' }, connectionId, path: '/busy/n1', ...taking, policy: 'skip', removeExtra: false, only: null };
    const refused = await app.call('transfer.write', { connectionId, work: intoItself, previewId: null, nodesPerSecondMax: null });
    expect(await ended(app, refused.jobId)).toMatchObject({ state: 'stopped', failure: { code: 'IntoItself' }, counts: { create: 0 } });

    const slow = (i: number): AnyTransferWork => ({ ...intoItself, path: `/busy-copy-${i}` }) as AnyTransferWork;
    const running: string[] = [];
    for (let i = 0; i < 4; i++) running.push((await app.call('transfer.write', { connectionId, work: slow(i) as never, previewId: null, nodesPerSecondMax: 5 })).jobId);
    expect((await app.fail('transfer.write', { connectionId, work: slow(4) as never, previewId: null, nodesPerSecondMax: 5 })).code).toBe('TooManyJobs');
    expect((await app.fail('transfer.control', { jobId: running[0]!, action: 'forget' })).code).toBe('JobRuns');
    for (const jobId of running) await app.call('transfer.control', { jobId, action: 'cancel' });
    for (const jobId of running) expect(await ended(app, jobId)).toMatchObject({ state: 'cancelled', resumable: true });
    await app.call('transfer.control', { jobId: running[0]!, action: 'forget' });
    expect((await app.fail('transfer.control', { jobId: running[0]!, action: 'resume' })).code).toBe('UnknownJob');
  });

  test('a read-only connection is written to by no job, in whatever place', async () => {
    await using app = startApp();
    const connectionId = await app.open(apache.connectString, { name: 'writable' });
    const readOnly = await app.open(apache.connectString, { name: 'locked', readOnly: true });
    const move: AnyTransferWork = { kind: 'move', from: { kind: 'live', connectionId: readOnly, path: '/save' }, connectionId, path: '/moved', ...taking, policy: 'stop' };
    expect((await app.fail('transfer.write', { connectionId, work: move, previewId: null, nodesPerSecondMax: null })).code).toBe('ReadOnlyConnection');
    const remove: AnyTransferWork = { kind: 'delete', connectionId: readOnly, path: '/save', ...taking };
    expect((await app.fail('transfer.write', { connectionId, work: remove, previewId: null, nodesPerSecondMax: null })).code).toBe('InvalidParams');
    expect(await other.exists('/save')).not.toBeNull();
  });
});
