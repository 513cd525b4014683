/**
 * A subtree of everything that can stand in one goes to a file and comes back; kazoo says whether it is the same. CI
 * plants a small tree; ZOOSCOPE_UGLY_NODES=100000 plants the one of the issue.
 */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startKazoo } from '../support/kazoo.ts';
import { removeTemporaryDirectory, temporaryDirectory } from '../support/process-guard.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';
import { cli, cliWell, differences, endOf, plantUgly, startUglyEnsemble, walk } from './transfer-support.ts';

const NODES = Number(process.env['ZOOSCOPE_UGLY_NODES'] ?? 3_000);
const MINUTES = 60_000;
const TIME = 3 * MINUTES + (NODES / 1000) * 6_000;

/** The lines of a file's nodes, kinds included, without what the server gives anew: a digest of them. */
function nodesIn(file: string): { readonly count: number; readonly kinds: number; readonly digest: string } {
  const lines = readFileSync(file, 'utf8').split('\n').slice(1, -2).map((line) => line.replace(/,"stat":\[[^\]]*\]\}$/, '}'));
  return { count: lines.length, kinds: lines.filter((line) => line.includes('"kind":')).length, digest: createHash('sha256').update(lines.join('\n')).digest('hex') };
}

describeWith(['java', 'zookeeper', 'kazoo'], 'the ugly tree on three Apache servers', () => {
  let servers: ServersHandle;
  let connect: string;
  let home: string;
  let before: string[];

  beforeAll(async () => {
    servers = await startUglyEnsemble();
    connect = servers.connectString;
    await plantUgly(servers, { nodes: NODES, big: NODES >= 100_000 ? 20 : 4 });
    before = await walk(connect, '/ugly');
    expect(before.length).toBeGreaterThanOrEqual(NODES);
  }, TIME);
  afterAll(() => servers.stopAll());
  beforeEach(() => {
    home = temporaryDirectory();
  });
  afterEach(() => removeTemporaryDirectory(home));

  test('export, delete, import: every byte, ACL and kind is back', async () => {
    const file = join(home, 'ugly.jsonl');
    const { dataDir } = await servers.leader();
    const exported = endOf(await cliWell({ home }, 'export', connect, '/ugly', '-o', file, '--data-dir', dataDir, '--json'));
    expect(exported).toMatchObject({ state: 'done', changed: 0, progress: { counts: { create: before.length, fail: 0, leave: 0 } } });

    await cliWell({ home }, 'delete', connect, '/ugly', '--recursive', '--yes');
    await expect(walk(connect, '/ugly')).rejects.toThrow(/NoNode/);
    await cliWell({ home }, 'import', file, connect, '/ugly');
    expect(differences(before, await walk(connect, '/ugly'))).toStrictEqual([]);

    const again = endOf(await cliWell({ home }, 'import', file, connect, '/ugly', '--json'));
    expect(again.progress.counts).toMatchObject({ same: before.length, create: 0, change: 0 });
    expect(endOf(await cliWell({ home }, 'diff', file, connect, '/ugly', '--json')).progress.counts).toMatchObject({ same: before.length });
    await cliWell({ home }, 'export', connect, '/ugly', '-o', `${file}.again`, '--data-dir', dataDir);
    expect(nodesIn(`${file}.again`)).toStrictEqual(nodesIn(file));
    expect(readdirSync(join(home, 'transfers'))).toStrictEqual([]);
  }, TIME);

  test('compressed, onto another path, and compared', async () => {
    const file = join(home, 'ugly.jsonl.gz');
    await cliWell({ home }, 'export', connect, '/ugly', '-o', file);
    expect(gunzipSync(readFileSync(file)).length).toBeGreaterThan(statSync(file).size);
    const dry = endOf(await cliWell({ home }, 'import', file, connect, '/other', '--dry-run', '--json'));
    expect(dry.progress.counts).toMatchObject({ create: before.length });
    await expect(walk(connect, '/other')).rejects.toThrow(/NoNode/);
    await cliWell({ home }, 'import', file, connect, '/other');
    expect(differences(before, await walk(connect, '/other'))).toStrictEqual([]);
    await cliWell({ home }, 'diff', connect, '/ugly', connect, '/other');
    await cliWell({ home }, 'delete', connect, '/other', '--recursive', '--yes');
  }, TIME);

  test('copied, and moved, within and between ensembles', async () => {
    await cliWell({ home }, 'copy', connect, '/ugly', connect, '/copy');
    expect(differences(before, await walk(connect, '/copy'))).toStrictEqual([]);
    const other = await startUglyEnsemble();
    try {
      await cliWell({ home }, 'move', connect, '/copy', other.connectString, '/moved');
      expect(differences(before, await walk(other.connectString, '/moved'))).toStrictEqual([]);
      await expect(walk(connect, '/copy')).rejects.toThrow(/NoNode/);
    } finally {
      await other.stopAll();
    }
  }, TIME);

  describe('what is said of single nodes', () => {
    test('a dry run of a deletion counts, and leaves everything', async () => {
      const dry = await cliWell({ home }, 'delete', connect, '/ugly/kinds', '--recursive', '--dry-run');
      expect(dry.out).toMatch(/remove {3}\/container 0\/child/);
      expect(differences(before, await walk(connect, '/ugly'))).toStrictEqual([]);
    });

    // Everything would be found to have arrived, and then be deleted where it is.
    test('a move onto itself by the name of another server of the ensemble is refused', async () => {
      const [first = '', second = ''] = connect.split(',');
      await using zk = await startKazoo(connect, { auth: [['digest', 'super:secret']] });
      await zk.create('/self', 'root');
      await zk.create('/self/a', 'one');
      for (const [from, to, path] of [[first, second, '/self'], [second, first, '/self/a/new'], [first, `${second}/self`, '/a/new']] as const) {
        const moved = await cli({ home }, 'move', from, '/self', to, path, '--policy', 'overwrite');
        expect(moved).toMatchObject({ code: 2, err: expect.stringContaining('the source') });
      }
      expect(await walk(connect, '/self')).toHaveLength(2);
    });

    test('policies, extra nodes and differences', async () => {
      await using zk = await startKazoo(connect, { auth: [['digest', 'super:secret']] });
      await zk.create('/small', 'root');
      await zk.create('/small/a', 'one');
      await zk.create('/small/b', Buffer.alloc(0));
      const file = join(home, 'small.jsonl');
      await cliWell({ home }, 'export', connect, '/small', '-o', file);
      await expect(cli({ home }, 'export', connect, '/small', '-o', file)).resolves.toMatchObject({ code: 2, err: expect.stringContaining('there already') });
      await zk.set('/small/a', 'two');
      await zk.create('/small/extra', 'x');
      await zk.delete('/small/b');

      const diff = await cli({ home }, 'diff', file, connect, '/small');
      expect(diff).toMatchObject({ code: 1, out: expect.stringContaining('differs    /a  data\nonly in A  /b\nonly in B  /extra\n') });
      await expect(cli({ home }, 'import', file, connect, '/small')).resolves.toMatchObject({ code: 3, out: expect.stringContaining('failed   /a') });
      expect((await zk.get('/small/a')).data.toString()).toBe('two');
      await cliWell({ home }, 'import', file, connect, '/small', '--policy', 'skip');
      expect((await zk.get('/small/a')).data.toString()).toBe('two');
      expect((await zk.get('/small/b')).data).toHaveLength(0);
      await expect(cli({ home }, 'import', file, connect, '/small', '--policy', 'unchanged')).resolves.toMatchObject({ code: 1, out: expect.stringContaining('left     /a  changed') });
      await cliWell({ home }, 'import', file, connect, '/small', '--policy', 'overwrite', '--remove-extra');
      expect((await zk.get('/small/a')).data.toString()).toBe('one');
      expect(await zk.children('/small')).toStrictEqual(['a', 'b']);
      await cliWell({ home }, 'diff', connect, '/small', file);
    });

    test('ephemerals and /zookeeper are left out, and the report says so', async () => {
      await using zk = await startKazoo(connect, { auth: [['digest', 'super:secret']] });
      await zk.create('/eph', 'x');
      await zk.create('/eph/mine', 'y', { ephemeral: true });
      const file = join(home, 'eph.jsonl');
      const exported = endOf(await cliWell({ home }, 'export', connect, '/eph', '-o', file, '--json'));
      expect(exported.progress.leftOut).toMatchObject({ ephemeral: 1 });
      const { code, out } = await cli({ home }, 'delete', connect, '/eph', '--recursive', '--yes');
      expect(code, out).toBe(1);
      expect(await zk.exists('/eph/mine')).not.toBeNull();
    });

    test("zk_shell's and zkui's exports", async () => {
      await using zk = await startKazoo(connect, { auth: [['digest', 'super:secret']] });
      await zk.create('/foreign', 'kept');
      const zkui = join(home, 'zkui.txt');
      writeFileSync(zkui, '#App Config Dashboard (ACD) dump created on :Mon\n/foreign/app=url=jdbc:a=b\n/foreign/app=two=1\\n2\n');
      await cliWell({ home }, 'import', zkui, connect, '/');
      expect((await zk.get('/foreign')).data.toString()).toBe('kept');
      expect((await zk.get('/foreign/app/url')).data.toString()).toBe('jdbc:a=b');
      expect((await zk.get('/foreign/app/two')).data.toString()).toBe('1\n2');
      const zkShell = join(home, 'backup.json');
      writeFileSync(zkShell, JSON.stringify({ '/foreign/b': { content: 'AAE=', acls: [{ perms: 1, id: { scheme: 'world', id: 'anyone' } }] }, '/foreign/b/c d': { content: null, acls: [] } }, null, 4));
      await cliWell({ home }, 'import', zkShell, connect, '/foreign/shell', '--part', '/foreign');
      expect((await zk.get('/foreign/shell/b')).data).toStrictEqual(Buffer.of(0, 1));
      expect((await zk.getAcl('/foreign/shell/b')).acl).toStrictEqual([{ perms: 1, scheme: 'world', id: 'anyone' }]);
      expect(await zk.exists('/foreign/shell/b/c d')).not.toBeNull();
    });

    test('a damaged file is refused before anything is written', async () => {
      const file = join(home, 'ugly.jsonl');
      await cliWell({ home }, 'export', connect, '/ugly/kinds', '-o', file);
      const text = readFileSync(file, 'utf8');
      for (const [damaged, reason] of [
        [text.slice(0, -100), /line \d+: truncated/],
        [text.replace('"version":1', '"version":9'), /line 1: format version 9/],
        [text.replace('container 0', 'container 9'), /line \d+:/],
      ] as const) {
        writeFileSync(file, damaged);
        await expect(cli({ home }, 'import', file, connect, '/damaged')).resolves.toMatchObject({ code: 2, out: '', err: expect.stringMatching(reason) });
      }
      await expect(walk(connect, '/damaged')).rejects.toThrow(/NoNode/);
    });
  });
});
