/** `zooscope ensemble` with our own servers: what it makes, how it stops, what is left when it is killed. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startKazoo } from '../support/kazoo.ts';
import { guardProcess, temporaryDirectory } from '../support/process-guard.ts';
import { describeWith } from '../support/requirements.ts';
import { CLI, equalTree, isRunning, launch, leaderOf, processesOf, untilNothingRuns, write, type Ready } from './ensemble-launcher-support.ts';
import { until } from './ensemble-support.ts';

const anywhere = ['--client-port', '0', '--json'];
const expectAllGone = ({ servers }: Ready): void => expect(servers.filter(({ pid }) => isRunning(pid))).toEqual([]);

describeWith(['kazoo'], 'zooscope ensemble', () => {
  test('three servers and two observers, each with standard files; SIGTERM stops them, and another start goes on', async () => {
    const dir = join(temporaryDirectory(), 'made for it');
    const first = launch(['--servers', '3', '--observers', '2', '--dir', dir, ...anywhere]);
    const ready = await first.ready();
    expect(Object.keys(ready)).toEqual(['connect', 'servers']);
    const port = Number(ready.servers[0]?.client.split(':')[1]);
    expect(ready.servers).toEqual([1, 2, 3, 4, 5].map((id) => ({
      id, pid: expect.any(Number) as number, client: `127.0.0.1:${port + id - 1}`, config: join(dir, `server-${id}`, 'zoo.cfg'), engine: 'embedded',
    })));
    expect(ready.connect).toBe(ready.servers.map(({ client }) => client).join(','));
    for (const { id, pid, config } of ready.servers) {
      expect(isRunning(pid)).toBe(true);
      expect(readFileSync(join(dir, `server-${id}`, 'data', 'myid'), 'utf8')).toBe(`${id}\n`);
      const text = readFileSync(config, 'utf8');
      expect(text).toContain(`\ndataDir=${join(dir, `server-${id}`, 'data')}\nclientPort=${port + id - 1}\nclientPortAddress=127.0.0.1\n`);
      expect(text.match(/^server\.\d=127\.0\.0\.1:\d+:\d+(:observer)?$/gm)).toHaveLength(5);
      expect(text.includes('peerType=observer')).toBe(id > 3);
    }
    await write(ready.connect, '/kept');
    const before = await equalTree(ready);
    expect(await first.stop()).toEqual({ code: 0, out: `${JSON.stringify(ready)}\n`, err: '' });
    expectAllGone(ready);
    expect(processesOf(dir)).toEqual([]);

    await using second = launch(['--dir', dir, '--json']);
    const again = await second.ready();
    expect(again.connect).toBe(ready.connect);
    expect(await equalTree(again)).toEqual(before);
  });

  test('killed, it leaves no server; started again at once, it goes on with everything that was answered', async () => {
    const dir = temporaryDirectory();
    const first = launch(['--dir', dir, ...anywhere]);
    const ready = await first.ready();
    await write(ready.connect, '/kept', 300);
    const paused = ready.servers[1]?.pid ?? 0;
    // It cannot hear that it should end.
    process.kill(paused, 'SIGSTOP');
    const family = processesOf(dir);
    expect(family.length).toBeGreaterThan(4);
    first.kill('SIGKILL');
    expect((await first.ended).code).toBe('SIGKILL');

    await using second = launch(['--dir', dir, '--json']);
    const again = await second.ready();
    expectAllGone(ready);
    expect(family.filter(isRunning)).toEqual([]);
    expect(Object.keys(await equalTree(again))).toContain('/kept/n00299');
  });

  test('killed before anything works, it leaves nothing either', async () => {
    const dir = temporaryDirectory();
    const starting = launch(['--dir', dir, ...anywhere]);
    await until('the servers are started', () => processesOf(dir).length >= 4);
    starting.kill('SIGKILL');
    await starting.ended;
    await untilNothingRuns(dir);
  });

  test('a guard that is killed is replaced', async () => {
    const dir = temporaryDirectory();
    const launcher = launch(['--servers', '1', '--dir', dir, ...anywhere]);
    const ready = await launcher.ready();
    const guards = (): number[] => processesOf(dir, 'ensemble-guard');
    const [guard = 0] = guards();
    process.kill(guard, 'SIGKILL');
    await until('there is another', () => guards().some((pid) => pid !== guard));
    process.kill(ready.servers[0]?.pid ?? 0, 'SIGSTOP');
    launcher.kill('SIGKILL');
    await untilNothingRuns(dir);
  });

  test('a guard kills what does not end when it is told to', async () => {
    const deaf = spawn('/bin/sh', ['-c', 'trap "" TERM; echo deaf; while :; do sleep 1; done'], { stdio: ['ignore', 'pipe', 'ignore'] });
    guardProcess(deaf);
    await once(deaf.stdout, 'data');
    const guard = spawn(process.execPath, [CLI, 'ensemble-guard', temporaryDirectory(), String(deaf.pid)], { stdio: ['pipe', 'pipe', 'inherit'] });
    guardProcess(guard);
    const gone = once(deaf, 'exit');
    expect(String((await once(guard.stdout, 'data') as unknown[])[0])).toBe('ready\n');
    guard.stdin.end();
    expect(await gone).toEqual([null, 'SIGKILL']);
  });

  test("one server stands alone, in the app's own folder unless another is named, with a sample tree that is planted once", async () => {
    const home = temporaryDirectory();
    const dir = join(home, 'ensembles', 'servers-1');
    const args = ['--servers', '1', '--sample', ...anywhere];
    const options = { env: { ZOOSCOPE_HOME: home } };
    const first = launch(args, options);
    const ready = await first.ready();
    expect(ready.servers.map(({ config }) => config)).toEqual([join(dir, 'server-1', 'zoo.cfg')]);
    expect(readFileSync(join(dir, 'server-1', 'zoo.cfg'), 'utf8')).not.toMatch(/^server\./m);
    expect(existsSync(join(dir, 'server-1', 'data', 'myid'))).toBe(false);
    await using kazoo = await startKazoo(ready.connect);
    for (const path of ['/config/app', '/services/catalogue', '/locks', '/samples/binary', '/kinds/container', '/kinds/ttl-one-day']) expect(await kazoo.exists(path), path).not.toBeNull();
    expect(await kazoo.children('/samples/wide')).toHaveLength(200);
    expect((await kazoo.get('/zookeeper/quota/samples/wide/zookeeper_stats')).data.toString()).toMatch(/^count=201,bytes=/);
    expect((await first.stop()).err).toBe('');
    await using second = launch(args, options);
    await using other = await startKazoo((await second.ready()).connect);
    expect(await other.children('/queue')).toHaveLength(3);
    expect(second.err()).toBe('zooscope: the sample tree was planted before\n');
  });

  test('a leader that is killed is told of, and the rest goes on; the end of the last one ends it', async () => {
    const dir = temporaryDirectory();
    const launcher = launch(['--dir', dir, ...anywhere]);
    const ready = await launcher.ready();
    const leader = await leaderOf(ready);
    await using kazoo = await startKazoo(ready.connect);
    await kazoo.create('/mine', 'x', { ephemeral: true });
    process.kill(leader.pid, 'SIGKILL');
    await until('it is told', () => launcher.err().endsWith('\n'));
    expect(launcher.err()).toBe(
      `zooscope: server ${leader.id} (pid ${leader.pid}) ended by itself: signal SIGKILL; its log: ${join(dir, `server-${leader.id}`, 'server.log')}. `
      + '2 of 3 run on, and it is not started again\n',
    );
    await write(ready.servers.filter((server) => server !== leader).map(({ client }) => client).join(','), '/after');
    await until('the session goes on', async () => (await kazoo.exists('/mine').catch(() => null)) !== null);
    expect((await kazoo.get('/mine')).stat.ephemeralOwner).toBe(String(kazoo.sessionId));

    for (const { pid } of ready.servers) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    const { code, err } = await launcher.ended;
    expect(code).toBe(1);
    expect(err).toMatch(/these are no majority, and serve nothing until others are started\nzooscope: [^\n]*\. No server runs any more\n$/);

    await using again = launch(['--dir', dir, '--json']);
    expect(Object.keys(await equalTree(await again.ready()))).toContain('/after/n00039');
  });
});
