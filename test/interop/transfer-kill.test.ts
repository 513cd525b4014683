/** `kill -9` in the middle, then `--resume`: the end is the same as without. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { removeTemporaryDirectory, temporaryDirectory } from '../support/process-guard.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';
import { cliWell, differences, endOf, killAt, plantUgly, startUglyStandalone, walk, type CliOptions } from './transfer-support.ts';

const NODES = 4_000;
/** So slow that a run can be killed where it is wanted. */
const RATE = ['--rate', '1200'];
const KILLS = [1, 1_500, 2_500];

describeWith(['java', 'zookeeper', 'kazoo'], 'a command that is killed', () => {
  let servers: ServersHandle;
  let connect: string;
  let home: string;
  let before: string[];
  beforeAll(async () => {
    servers = await startUglyStandalone();
    connect = servers.connectString;
    await plantUgly(servers, { nodes: NODES });
    before = await walk(connect, '/ugly');
  });
  afterAll(() => servers.stopAll());
  beforeEach(() => {
    home = temporaryDirectory();
  });
  afterEach(() => removeTemporaryDirectory(home));

  /** Kills it again and again, each time later, then lets it come to its end. */
  async function killedAndResumed(options: CliOptions, ...args: readonly string[]): Promise<void> {
    let kills = 0;
    for (const nodes of KILLS) if (await killAt(nodes, options, ...args, ...RATE, '--resume')) kills++;
    expect(kills).toBeGreaterThanOrEqual(2);
    await cliWell(options, ...args, '--resume');
  }

  test.each([[''], ['.gz']])('export%s', async (ending) => {
    const file = join(home, `killed${ending}`);
    await killedAndResumed({ home }, 'export', connect, '/ugly', '-o', file);
    const whole = join(home, `whole${ending}`);
    await cliWell({ home }, 'export', connect, '/ugly', '-o', whole);
    const diff = endOf(await cliWell({ home }, 'diff', file, whole, '--json'));
    expect(diff.progress.counts).toMatchObject({ same: before.length });
    if (ending !== '') return;
    const nodesOf = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(1, -2);
    expect(nodesOf(file)).toStrictEqual(nodesOf(whole));
  });

  test('import', async () => {
    const file = join(home, 'file');
    await cliWell({ home }, 'export', connect, '/ugly', '-o', file);
    await killedAndResumed({ home }, 'import', file, connect, '/imported');
    expect(differences(before, await walk(connect, '/imported'))).toStrictEqual([]);
  });

  test('copy', async () => {
    await killedAndResumed({ home }, 'copy', connect, '/ugly', connect, '/copied');
    expect(differences(before, await walk(connect, '/copied'))).toStrictEqual([]);
  });

  test('move', async () => {
    await cliWell({ home }, 'copy', connect, '/ugly', connect, '/source');
    await killedAndResumed({ home }, 'move', connect, '/source', connect, '/moved');
    expect(differences(before, await walk(connect, '/moved'))).toStrictEqual([]);
    await expect(walk(connect, '/source')).rejects.toThrow(/NoNode/);
  });

  test('delete', async () => {
    await cliWell({ home }, 'copy', connect, '/ugly', connect, '/doomed');
    await killedAndResumed({ home }, 'delete', connect, '/doomed', '--recursive', '--yes');
    await expect(walk(connect, '/doomed')).rejects.toThrow(/NoNode/);
    expect(differences(before, await walk(connect, '/ugly'))).toStrictEqual([]);
  });

  test('an import over other nodes', async () => {
    const file = join(home, 'file');
    await cliWell({ home }, 'export', connect, '/ugly', '-o', file);
    await plantUgly(servers, { nodes: NODES, root: '/mixed', seed: 2 });
    await killedAndResumed({ home }, 'import', file, connect, '/mixed', '--policy', 'overwrite', '--remove-extra');
    expect(differences(before, await walk(connect, '/mixed'))).toStrictEqual([]);
  });
});
