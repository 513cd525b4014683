/**
 * Containers and TTL nodes, which clients cannot tell from others: with a data directory at hand they come back as what
 * they were. Apache's own SnapshotFormatter says whether they did.
 */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { removeTemporaryDirectory, temporaryDirectory } from '../support/process-guard.ts';
import { describeWith, requireParts } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';
import type { ServerHandle } from '../support/server-process.ts';
import { cli, cliWell, differences, plantUgly, startUglyStandalone, walk } from './transfer-support.ts';

/** Owners of all nodes, by path, as Apache's tool prints them from the newest snapshot. */
function ownersOnDisk(server: ServerHandle): Map<string, string> {
  const { java, zookeeper } = requireParts('java', 'zookeeper');
  const folder = join(server.dataDir, 'version-2');
  const zxidOf = (name: string): bigint => BigInt(`0x${name.split('.')[1] ?? '0'}`);
  const newest = readdirSync(folder).filter((name) => name.startsWith('snapshot.')).sort((a, b) => (zxidOf(a) < zxidOf(b) ? -1 : 1)).at(-1) ?? '';
  const { stdout, stderr } = spawnSync(java.command, ['-cp', zookeeper.classpath, 'org.apache.zookeeper.server.SnapshotFormatter', join(folder, newest)], {
    encoding: 'utf8', maxBuffer: 64 * 1024 * 1024,
  });
  const owners = new Map<string, string>();
  let path = '';
  for (const line of stdout.split('\n')) {
    if (line.startsWith('/')) path = line;
    const owner = /^\s+ephemeralOwner = (0x[0-9a-f]+)/.exec(line)?.[1];
    if (owner !== undefined) owners.set(path, owner);
  }
  expect(owners.size, stderr).toBeGreaterThan(1);
  return owners;
}

describeWith(['java', 'zookeeper', 'kazoo'], 'containers and TTL nodes', () => {
  let servers: ServersHandle;
  let server: ServerHandle;
  let connect: string;
  let home: string;
  let before: string[];
  beforeAll(async () => {
    servers = await startUglyStandalone();
    server = servers.server(1);
    connect = servers.connectString;
    await plantUgly(servers, { nodes: 800, depth: 20 });
    before = await walk(connect, '/ugly');
  });
  afterAll(() => servers.stopAll());
  beforeEach(() => {
    home = temporaryDirectory();
  });
  afterEach(() => removeTemporaryDirectory(home));

  const kindsIn = (file: string): string[] =>
    readFileSync(file, 'utf8').split('\n').filter((line) => line.includes('"kind":')).map((line) => {
      const { path, kind, ttlMs } = JSON.parse(line) as { path: string; kind: string; ttlMs?: number };
      return `${path} ${kind} ${ttlMs ?? ''}`;
    });

  test('are persistent by the protocol, and themselves with a data directory, all the way', async () => {
    const file = join(home, 'a');
    await cliWell({ home }, 'export', connect, '/ugly', '-o', file);
    expect(kindsIn(file)).toStrictEqual([]);

    const exact = join(home, 'b');
    await cliWell({ home }, 'export', connect, '/ugly', '-o', exact, '--data-dir', server.dataDir);
    const kinds = kindsIn(exact);
    expect(kinds.filter((line) => line.includes(' container '))).toHaveLength(8);
    expect(kinds.filter((line) => line.endsWith(' ttl 2592000000'))).toHaveLength(8);

    await cliWell({ home }, 'delete', connect, '/ugly', '--recursive', '--yes');
    await cliWell({ home }, 'import', exact, connect, '/ugly');
    expect(differences(before, await walk(connect, '/ugly'))).toStrictEqual([]);
    await cliWell({ home }, 'diff', exact, connect, '/ugly');

    // From the log, then from the snapshot that a start writes.
    for (const name of ['c', 'd']) {
      await cliWell({ home }, 'export', connect, '/ugly', '-o', join(home, name), '--data-dir', join(server.dataDir, 'version-2'));
      expect(kindsIn(join(home, name))).toStrictEqual(kinds);
      await server.restart();
    }
    const owners = ownersOnDisk(server);
    const stored = [...owners].filter(([path, owner]) => path.startsWith('/ugly') && BigInt(owner) !== 0n);
    expect(stored.map(([path]) => path.slice('/ugly/'.length)).sort()).toStrictEqual(kinds.map((line) => line.split(/ (?:container|ttl) \d*$/)[0]).sort());
    for (const [path, owner] of stored) {
      expect(BigInt(owner), path).toBe(path.includes('/container') ? 0x8000_0000_0000_0000n : 0xff00_0000_0000_0000n | 2_592_000_000n);
    }
  });

  test('a folder that is no data directory is refused', async () => {
    await expect(cli({ home }, 'export', connect, '/ugly', '-o', join(home, 'x'), '--data-dir', home)).resolves.toMatchObject({ code: 2, err: expect.stringContaining(home) });
    await expect(cli({ home }, 'export', connect, '/ugly', '-o', join(home, 'x'), '--data-dir', join(home, 'none'))).resolves.toMatchObject({ code: 2, err: expect.stringContaining('ENOENT') });
  });
});
