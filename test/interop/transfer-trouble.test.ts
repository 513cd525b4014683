/** What goes wrong on the way, what is said of it, and that nothing is lost: the wire, the session, the disk, the rights, others. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startApacheStandalone } from '../support/apache.ts';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { startKazoo } from '../support/kazoo.ts';
import { removeTemporaryDirectory, temporaryDirectory } from '../support/process-guard.ts';
import { fourLetterWord } from '../support/raw-client.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';
import type { ServerHandle } from '../support/server-process.ts';
import { cli, cliWell, differences, endOf, plantUgly, start, startUglyEnsemble, startUglyStandalone, uglyServer, walk, type CliOptions, type Ended } from './transfer-support.ts';

const NODES = 3_000;
/** So slow that something can happen meanwhile. */
const RATE = ['--rate', '1500'];

describeWith(['java', 'zookeeper', 'kazoo'], 'trouble on the way', () => {
  let servers: ServersHandle;
  let connect: string;
  let port: number;
  let home: string;
  let file: string;
  let before: string[];
  let proxy: FaultProxy;

  beforeAll(async () => {
    servers = await startUglyStandalone();
    connect = servers.connectString;
    port = servers.servers[0]?.clientPort ?? 0;
    await plantUgly(servers, { nodes: NODES });
    before = await walk(connect, '/ugly');
  });
  afterAll(() => servers.stopAll());
  beforeEach(async () => {
    home = temporaryDirectory();
    file = join(home, 'ugly.jsonl');
    proxy = await startFaultProxy({ port });
  });
  afterEach(async () => {
    await proxy.close();
    removeTemporaryDirectory(home);
  });

  const exported = (): Promise<Ended> => cliWell({ home }, 'export', connect, '/ugly', '-o', file);

  /** Runs a command with --json, and calls `meanwhile` when so many nodes are through, each time once. */
  async function meanwhile(options: CliOptions, args: readonly string[], moments: readonly (readonly [nodes: number, act: () => unknown])[]): Promise<Ended> {
    const running = start(options, ...args, '--json');
    const waiting = [...moments];
    const acts: Promise<unknown>[] = [];
    createInterface({ input: running.child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const told = JSON.parse(line) as { readonly type: string; readonly nodes?: number };
      while (told.type === 'progress' && waiting[0] !== undefined && (told.nodes ?? 0) >= waiting[0][0]) acts.push(Promise.resolve(waiting.shift()?.[1]()));
    });
    const ended = await running.ended;
    await Promise.all(acts);
    expect(waiting, 'it was over before all of it happened').toHaveLength(0);
    return ended;
  }

  test('the connection is cut, again and again', async () => {
    const slowly = ['--rate', '800'];
    const cuts = [1, 1_000, 2_000].map((nodes) => [nodes, () => proxy.cut()] as const);
    const read = await meanwhile({ home }, ['export', proxy.connectString, '/ugly', '-o', file, ...slowly], cuts);
    expect(read, read.err).toMatchObject({ code: 0 });
    const written = await meanwhile({ home }, ['import', file, proxy.connectString, '/cut', ...slowly], cuts);
    expect(written, written.err).toMatchObject({ code: 0 });
    expect(differences(before, await walk(connect, '/cut'))).toStrictEqual([]);
    const deleted = await meanwhile({ home }, ['delete', proxy.connectString, '/cut', '--recursive', '--yes', ...slowly], cuts);
    expect(deleted, deleted.err).toMatchObject({ code: 0 });
    await expect(walk(connect, '/cut')).rejects.toThrow(/NoNode/);
  });

  test('the leader of an ensemble is killed: the job goes on with the next', async () => {
    await exported();
    await using ensemble = await startUglyEnsemble();
    let killed: ServerHandle | null = null;
    const kill = async (): Promise<void> => {
      killed = await ensemble.leader();
      await killed.kill();
    };
    const ended = await meanwhile({ home }, ['import', file, ensemble.connectString, '/led', '--rate', '800'], [[800, kill]]);
    expect(ended, ended.err).toMatchObject({ code: 0 });
    expect(killed).not.toBeNull();
    expect(differences(before, await walk(ensemble.connectString, '/led'))).toStrictEqual([]);
  });

  test('the session expires: a new one goes on, credentials and all', async () => {
    await exported();
    // Silence for longer than the session lives, then a network that works again.
    const expire = async (): Promise<void> => {
      const sessions = async (): Promise<number> => (await fetchConnections(port)).length;
      const before = await sessions();
      await proxy.halfOpen();
      proxy.blackhole();
      await vi.waitFor(async () => expect(await sessions()).toBeLessThan(before), { timeout: 20_000, interval: 100 });
      proxy.cut();
      await proxy.heal();
    };
    const ended = await meanwhile({ home }, ['import', file, proxy.connectString, '/expired', '--timeout', '2', ...RATE], [[500, expire]]);
    expect(ended, ended.err).toMatchObject({ code: 0 });
    expect(endOf(ended).progress.sessionsLost).toBeGreaterThanOrEqual(1);
    expect(differences(before, await walk(connect, '/expired'))).toStrictEqual([]);
  });

  describe('the disk is full', () => {
    async function untilFull(options: CliOptions, target: string, gzip: readonly string[]): Promise<void> {
      const full = await cli(options, 'export', connect, '/ugly', '-o', target, ...gzip);
      expect(full.code, full.out).toBe(3);
      expect(full.err).toMatch(/the disk is full \(ENOSPC\)|longer than a file may be here \(EFBIG\)/);
      expect(full.err).toContain('.part holds what was written so far');
      expect(existsSync(target)).toBe(false);
      expect(statSync(`${target}.part`).size).toBeGreaterThan(0);
    }

    test.each([[''], ['.gz']])('export%s stops, and goes on when there is room', async (ending) => {
      const target = `${file}${ending}`;
      await untilFull({ home, fileKbMax: 1_100 }, target, []);
      await cliWell({ home }, 'export', connect, '/ugly', '-o', target, '--resume');
      await cliWell({ home }, 'diff', target, connect, '/ugly');
    });

    test('a small file system', async (context) => {
      const small = join(home, 'small');
      mkdirSync(small);
      if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', small]).status !== 0) return context.skip('no right to mount a small file system');
      try {
        await untilFull({ home }, join(small, 'x'), []);
        expect(spawnSync('mount', ['-o', 'remount,size=64m', small]).status).toBe(0);
        await cliWell({ home }, 'export', connect, '/ugly', '-o', join(small, 'x'), '--resume');
        await cliWell({ home }, 'diff', join(small, 'x'), connect, '/ugly');
      } finally {
        spawnSync('umount', [small]);
      }
    });

    test('an import that cannot write down how far it is stops, and goes on', async () => {
      await exported();
      const full = await cli({ home, fileKbMax: 1 }, 'import', file, connect, '/full');
      // What fits into the log is enough for a run that does not stop: then there is nothing to go on with.
      if (full.code !== 0) {
        expect(full).toMatchObject({ code: 3, err: expect.stringMatching(/EFBIG/) });
        await cliWell({ home }, 'import', file, connect, '/full', '--resume');
      }
      expect(differences(before, await walk(connect, '/full'))).toStrictEqual([]);
    });
  });

  describe('rights', () => {
    test('credentials that no server takes: nothing is begun', async () => {
      const refused = await cli({ home, auth: 'nonsense:x' }, 'export', connect, '/ugly', '-o', file);
      expect(refused).toMatchObject({ code: 3, err: expect.stringContaining('refused the credentials') });
      expect(refused.out).not.toContain('--resume');
      expect(existsSync(file)).toBe(false);
    });

    test('without the rights of the one who made it, what cannot be read is named, and the rest is there', async () => {
      const ended = await cli({ home, auth: null }, 'export', connect, '/ugly', '-o', file, '--json');
      expect(ended.code).toBe(1);
      const { progress } = endOf(ended);
      expect(progress.leftOut['unreadable']).toBeGreaterThan(0);
      expect(progress.counts['create']).toBeGreaterThan(NODES / 2);
      const text = await cli({ home, auth: null }, 'diff', file, connect, '/ugly');
      expect(text.out).toMatch(/left {5}\/\S.* unreadable/);
    });

    test('rights that are taken away half way: what is not done is named, and done when they are back', async () => {
      await exported();
      await using zk = await startKazoo(connect, { auth: [['digest', 'super:secret']] });
      await zk.create('/mine', 'x', { acl: [{ perms: 31, scheme: 'digest', id: 'super:gG7s8t3oDEtIqF6DM9LlI/R+9Ss=' }] });
      await zk.create('/shared', 'x');
      const revoke = async (): Promise<void> => {
        await zk.setAcl('/shared/ugly/wide', [{ perms: 1, scheme: 'world', id: 'anyone' }]);
      };
      const half = await meanwhile({ home, auth: null }, ['import', file, connect, '/shared/ugly', '--rate', '700'], [[1_600, revoke]]);
      expect(half.code, half.err).toBe(1);
      expect(half.out).toContain('"reason":"NoAuth"');
      const again = await cli({ home }, 'import', file, connect, '/shared/ugly', '--policy', 'overwrite');
      expect(again.code, again.out.slice(-2000)).toBe(0);
      expect(differences(before, await walk(connect, '/shared/ugly'))).toStrictEqual([]);
    });
  });

  test('the password is changed on the server half way: what it no longer opens is named, and nothing is lost', async () => {
    await exported();
    const dataDir = temporaryDirectory();
    const begin = (password: string): Promise<ServersHandle> => startApacheStandalone({ dataDir, jvm: uglyServer(password) });
    let now = await begin('secret');
    const way = await startFaultProxy({ port: now.servers[0]?.clientPort ?? 0 });
    try {
      const change = async (): Promise<void> => {
        await now.stopAll();
        now = await begin('other');
        way.setUpstream('127.0.0.1', now.servers[0]?.clientPort ?? 0);
      };
      // Over other nodes: what the job makes itself it keeps its own way into, until all of it is there.
      await plantUgly(now, { nodes: NODES, seed: 2 });
      const over = ['--policy', 'overwrite', '--remove-extra'];
      const half = await meanwhile({ home }, ['import', file, way.connectString, '/ugly', ...over, '--rate', '500'], [[300, change]]);
      expect(half.code, half.err).toBe(1);
      expect(half.out).toContain('"reason":"NoAuth"');
      await cliWell({ home, auth: 'digest:super:other' }, 'import', file, way.connectString, '/ugly', ...over);
      expect(differences(before, await walk(now.connectString, '/ugly', 'digest:super:other'))).toStrictEqual([]);
    } finally {
      await way.close();
      await now.stopAll();
      removeTemporaryDirectory(dataDir);
    }
  });

  describe('others at the same subtree', () => {
    test('two imports of one file to one place: every node is there once, as in the file', async () => {
      await exported();
      const other = temporaryDirectory();
      try {
        const both = await Promise.all([home, other].map((each) => cli({ home: each }, 'import', file, connect, '/twice', '--policy', 'overwrite')));
        for (const each of both) expect([0, 1], `${each.out}${each.err}`).toContain(each.code);
        await cliWell({ home }, 'import', file, connect, '/twice', '--policy', 'overwrite');
        expect(differences(before, await walk(connect, '/twice'))).toStrictEqual([]);
      } finally {
        removeTemporaryDirectory(other);
      }
    });

    test('an import into what is being deleted: each says what it did not do', async () => {
      await exported();
      await cliWell({ home }, 'import', file, connect, '/fought');
      const other = temporaryDirectory();
      try {
        const [written, deleted] = await Promise.all([
          cli({ home }, 'import', file, connect, '/fought', '--policy', 'overwrite'),
          cli({ home: other }, 'delete', connect, '/fought', '--recursive', '--yes'),
        ]);
        for (const { code, out, err } of [written, deleted]) expect([0, 1, 3], `${out.slice(-2000)}${err}`).toContain(code);
        for (const [line, ended] of [['import', written], ['delete', deleted]] as const) {
          if (ended.code === 1) expect(ended.out, line).toMatch(/^(failed|left) /m);
        }
        rmSync(join(home, 'transfers'), { recursive: true, force: true });
        await cliWell({ home }, 'import', file, connect, '/fought', '--policy', 'overwrite');
        expect(differences(before, await walk(connect, '/fought'))).toStrictEqual([]);
      } finally {
        removeTemporaryDirectory(other);
      }
    });

    test('the same command twice on one machine is refused', async () => {
      await exported();
      const first = start({ home }, 'import', file, connect, '/once', '--rate', '500', '--json');
      await new Promise((resolve) => first.child.stdout?.once('data', resolve));
      expect(await cli({ home }, 'import', file, connect, '/once')).toMatchObject({ code: 2, err: expect.stringContaining('running already') });
      first.child.kill('SIGINT');
      const interrupted = await first.ended;
      expect(interrupted).toMatchObject({ code: 130 });
      expect(endOf(interrupted)).toMatchObject({ state: 'cancelled', resumable: true });
      await cliWell({ home }, 'import', file, connect, '/once', '--resume');
      expect(differences(before, await walk(connect, '/once'))).toStrictEqual([]);
    });
  });
});

/** The sessions that a server has a connection of, by the word `cons`. */
async function fetchConnections(port: number): Promise<readonly string[]> {
  const text = await fourLetterWord('127.0.0.1', port, 'cons');
  return text.split('\n').filter((line) => line.includes('sid='));
}
