/** `zooscope ensemble --engine apache`, and the same directory under one engine and then the other. */

import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../support/process-guard.ts';
import { describeWith, requireParts } from '../support/requirements.ts';
import { equalTree, isRunning, launch, processesOf, untilNothingRuns, write, type Launcher, type Tree } from './ensemble-launcher-support.ts';
import { until } from './ensemble-support.ts';

const start = (dir: string, engine: 'embedded' | 'apache', ...more: string[]): Launcher => launch(['--dir', dir, '--engine', engine, '--json', ...more]);

describeWith(['java', 'zookeeper', 'kazoo'], "zooscope ensemble with Apache's servers", () => {
  test('what grew under one engine goes on under the other, and back, with equal trees on all servers', async () => {
    const dir = temporaryDirectory();
    let tree: Tree | null = null;
    for (const [engine, prefix] of [
      ['apache', '/from-apache'], ['embedded', '/from-us'], ['apache', '/killed-apache'], ['embedded', '/killed-us'], ['apache', '/at-last'],
    ] as const) {
      await using launcher = start(dir, engine, ...(tree === null ? ['--client-port', '0', '--observers', '1'] : []));
      const ready = await launcher.ready();
      expect(ready.servers.map((server) => server.engine)).toEqual([engine, engine, engine, engine]);
      if (tree !== null) expect(await equalTree(ready)).toEqual(tree);
      await write(ready.connect, prefix);
      tree = await equalTree(ready);
      // A killed server leaves its log as it is.
      if (!prefix.startsWith('/killed')) {
        expect(await launcher.stop()).toMatchObject({ code: 0, err: '' });
      } else {
        for (const { pid } of ready.servers) process.kill(pid, 'SIGKILL');
        expect(await launcher.ended).toMatchObject({ code: 1 });
      }
      expect(processesOf(dir)).toEqual([]);
    }
    expect(Object.keys(tree ?? {})).toEqual(expect.arrayContaining(['/from-apache/n00039', '/from-us/n00039', '/killed-apache/n00039', '/killed-us/n00039']));
  });

  test.each([['embedded', 'apache', '3'], ['apache', 'embedded', '1']] as const)('the sample tree, with a node of every kind, grown under %s, is the same under %s', async (from, to, servers) => {
    const dir = temporaryDirectory();
    let tree: Tree | null = null;
    for (const engine of [from, to]) {
      await using launcher = start(dir, engine, ...(tree === null ? ['--servers', servers, '--client-port', '0', '--sample'] : []));
      const ready = await launcher.ready();
      const here = await equalTree(ready);
      if (tree !== null) expect(here).toEqual(tree);
      tree = here;
      expect(await launcher.stop()).toMatchObject({ code: 0, err: '' });
    }
    expect(Object.keys(tree ?? {})).toEqual(expect.arrayContaining([
      '/config/app/features.json', '/services/catalogue/instance-1', '/locks/nightly-report/lock-0000000000', '/queue/job-0000000000',
      '/samples/protected', '/samples/binary', '/samples/wide/item-200', '/kinds/container', '/kinds/ttl-one-day',
    ]));
  });

  test('killed, the launcher leaves no Java behind, neither at work nor while it starts', async () => {
    const dir = temporaryDirectory();
    const working = start(dir, 'apache', '--client-port', '0');
    const { servers } = await working.ready();
    expect(servers.every(({ pid }) => isRunning(pid))).toBe(true);
    working.kill('SIGKILL');
    await untilNothingRuns(dir);

    const starting = start(dir, 'apache');
    await until('one is started', () => processesOf(dir, 'QuorumPeerMain').length > 0);
    starting.kill('SIGKILL');
    await untilNothingRuns(dir);
  });

  test('a chosen folder is taken in the layout of a release', async () => {
    const { zookeeper } = requireParts('zookeeper');
    const home = temporaryDirectory();
    mkdirSync(join(home, 'lib'));
    // Whatever the test machine has, put together as in a release: one folder with all jars.
    const folders = [...new Set(zookeeper.classpath.split(':').map((part) => part.replace(/\/[^/]*$/, '')))];
    for (const folder of folders) {
      for (const name of readdirSync(folder)) if (/^(zookeeper(-jute)?|slf4j-(api|simple)|netty-[\w-]+|jackson-[\w-]+|metrics-core|commons-(io|cli)|snappy-java)(-\d[\w.-]*)?\.jar$/.test(name) && /\d\.jar$/.test(name)) symlinkSync(join(folder, name), join(home, 'lib', name));
    }
    const dir = temporaryDirectory();
    await using launcher = start(dir, 'apache', '--servers', '1', '--client-port', '0', '--zookeeper', home);
    const ready = await launcher.ready();
    expect(ready.servers).toHaveLength(1);
    await write(ready.connect, '/x');
  });
});
