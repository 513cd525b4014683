/** Members from a dynamic configuration file: under the launcher, and one by itself with `zooscope server`. */

import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { guardProcess, temporaryDirectory } from '../support/process-guard.ts';
import { fourLetterWord } from '../support/raw-client.ts';
import { describeWith } from '../support/requirements.ts';
import { CLI, equalTree, launch, write } from './ensemble-launcher-support.ts';
import { until } from './ensemble-support.ts';

/** As an operator does it by hand: membership and client ports into a file of their own. */
function makeDynamic(dir: string, ids: readonly number[]): void {
  const texts = ids.map((id) => readFileSync(join(dir, `server-${id}`, 'zoo.cfg'), 'utf8'));
  const members = ids.map((id, index) => {
    const [line = ''] = new RegExp(`^server\\.${id}=.*$`, 'm').exec(texts[index] ?? '') ?? [];
    return `${line}:participant;127.0.0.1:${/^clientPort=(\d+)$/m.exec(texts[index] ?? '')?.[1]}`;
  });
  for (const [index, id] of ids.entries()) {
    const file = join(dir, `server-${id}`, 'zoo.cfg');
    writeFileSync(`${file}.dynamic`, `${members.join('\n')}\n`);
    const kept = (texts[index] ?? '').split('\n').filter((line) => line !== '' && !/^(server\.|clientPort)/.test(line));
    writeFileSync(file, [...kept, `dynamicConfigFile=${file}.dynamic`, ''].join('\n'));
  }
}

describeWith(['kazoo'], 'a dynamic configuration file', () => {
  test('makes the same ensemble; a member that was killed comes back by hand', async () => {
    const dir = temporaryDirectory();
    await using first = launch(['--dir', dir, '--client-port', '0', '--json']);
    const ready = await first.ready();
    await write(ready.connect, '/static');
    await first.stop();
    makeDynamic(dir, [1, 2, 3]);

    await using launcher = launch(['--dir', dir, '--json']);
    const again = await launcher.ready();
    expect(again.connect).toBe(ready.connect);
    const third = again.servers[2];
    process.kill(third?.pid ?? 0, 'SIGKILL');
    await until('it is told', () => launcher.err().includes('ended by itself'));
    await write(again.servers.slice(0, 2).map(({ client }) => client).join(','), '/without-three');

    const child = spawn(process.execPath, [CLI, 'server', third?.config ?? ''], { stdio: 'ignore' });
    guardProcess(child);
    const port = Number(third?.client.split(':')[1]);
    await until('it serves', async () => /^Mode: (follower|leader)/m.test(await fourLetterWord('127.0.0.1', port, 'srvr', 1_000).catch(() => '')));
    expect(Object.keys(await equalTree(again))).toEqual(expect.arrayContaining(['/static/n00039', '/without-three/n00039']));
    child.kill('SIGTERM');
    await until('it has stopped', () => child.exitCode !== null || child.signalCode !== null);
    expect(child.exitCode).toBe(0);
  });
});
