/**
 * Other people's clients with our server: a full tour with zkCli, whose words must be those that it says to Apache's
 * server, and with kazoo, including its recipes, which stand on sequence numbers, watches and ephemerals.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApacheStandalone } from '../support/apache.ts';
import { startEmbeddedStandalone, type ServerHandle, type ServersHandle } from '../support/embedded.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { startKazoo } from '../support/kazoo.ts';
import { connectRaw } from '../support/raw-client.ts';
import { describeWith, requireParts } from '../support/requirements.ts';
import { ask } from './server-conversation.ts';

const jvm = ['-Dzookeeper.extendedTypesEnabled=true'];
/** digest of bob:bobsecret */
const BOB = 'bob:WGAwC+XYxdw8bJ5K6KcPh8oL58U=';

const TOUR = `create /p data
create -s /p/s- x
create -e /p/e y
create -e -s /p/es- z
create -c /cont
create -t 500000 /ttl v
create -s -t 500000 /ttls- v
create /p again
create /no/parent x
create /p/e/child x
ls -s /
ls -R /p
get -s -w /p
set -s /p new
set -v 7 /p never
stat /ttl
stat /missing
getAcl /p
create /b secret digest:${BOB}:cdrwa
get /b
getAcl /b
addauth digest bob:bobsecret
get /b
getAcl -s /b
setAcl -s /b world:anyone:r,digest:${BOB}:cdrwa
setAcl -v 9 /b world:anyone:r
create /auth x auth::rw
getAcl /auth
addWatch -m PERSISTENT /p
addWatch /
set /p again
create /p/child c
delete /p/child
removewatches /p
getEphemerals
getEphemerals /p
getAllChildrenNumber /
whoami
sync /
setquota -n 5 /p
setquota -N 9 -B 100 /b
listquota /p
delquota /p
listquota /p
config
reconfig -add server.5=a:1:2;3
delete -v 3 /p/s-0000000000
delete /p
delete /zookeeper
deleteall /p
ls /
get /zookeeper/config
quit
`;

/** What zkCli says to the tour, with times left out; events may come between the lines of an answer. */
async function zkCliTour(server: ServerHandle): Promise<string[]> {
  const { java, zookeeper } = requireParts('java', 'zookeeper');
  const cli = spawn(java.command, [
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=off', '-cp', zookeeper.classpath,
    'org.apache.zookeeper.ZooKeeperMain', '-server', server.connectString,
  ]);
  let out = '';
  cli.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  cli.stderr.setEncoding('utf8').on('data', (text: string) => (out += text));
  cli.stdin.end(TOUR);
  await once(cli, 'close');
  return out
    .replaceAll(server.connectString, 'SERVER')
    .replaceAll(/(time = ).* \d{4}$/gm, '$1T')
    .replaceAll(/(ephemeralOwner = 0x)[1-9a-f][0-9a-f]{6,}/g, '$1SESSION')
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

describeWith(['java', 'zookeeper'], 'zkCli', () => {
  test('says the same of both servers', async () => {
    const groups = await Promise.all([startApacheStandalone({ jvm }), startEmbeddedStandalone({ jvm })]);
    try {
      const [apache, embedded] = await Promise.all(groups.map((group) => zkCliTour(group.server(1))));
      expect(embedded).toEqual(apache);
      expect(apache?.length).toBeGreaterThan(120);
    } finally {
      await Promise.all(groups.map((group) => group.stopAll()));
    }
  });
});

describeWith(['kazoo'], 'kazoo', () => {
  let group: ServersHandle;
  beforeAll(async () => {
    group = await startEmbeddedStandalone({ jvm });
  });
  afterAll(() => group?.stopAll());

  test('creates, reads, changes, deletes, with versions and ACLs', async () => {
    await using kazoo = await startKazoo(group.connectString, { auth: [['digest', 'bob:bobsecret']] });
    expect(await kazoo.create('/kz/a/b', 'deep', { makepath: true })).toBe('/kz/a/b');
    expect(await kazoo.create('/kz/seq-', '', { sequence: true })).toBe('/kz/seq-0000000001');
    expect(await kazoo.create('/kz/eph', '', { ephemeral: true })).toBe('/kz/eph');
    const own = await kazoo.create('/kz/own', 'mine', { acl: [{ perms: 31, scheme: 'digest', id: BOB }] });
    expect((await kazoo.getAcl(own)).acl).toEqual([{ perms: 31, scheme: 'digest', id: BOB }]);
    expect((await kazoo.set('/kz/a', 'x', 0)).version).toBe(1);
    await expect(kazoo.set('/kz/a', 'y', 0)).rejects.toThrow('BadVersionError');
    await expect(kazoo.delete('/kz/a')).rejects.toThrow('NotEmptyError');
    await expect(kazoo.create('/kz/a')).rejects.toThrow('NodeExistsError');
    expect(await kazoo.children('/kz')).toEqual(['a', 'eph', 'own', 'seq-0000000001']);
    expect((await kazoo.exists('/kz/eph'))?.ephemeralOwner).toBe(String(kazoo.sessionId));
    await using stranger = await startKazoo(group.connectString);
    await expect(stranger.get('/kz/own')).rejects.toThrow('NoAuthError');
    await expect(stranger.exists('/kz/own')).rejects.toThrow('NoAuthError');
    await kazoo.delete('/kz', { recursive: true });
  });

  test('makes transactions, all or nothing', async () => {
    await using kazoo = await startKazoo(group.connectString);
    const result = await kazoo.run(`
t = zk.transaction()
t.create('/tx', b'1'); t.create('/tx/a', b'2'); t.set_data('/tx', b'3'); t.check('/tx', 1)
good = t.commit()
t = zk.transaction()
t.delete('/tx/a'); t.check('/tx', 7); t.create('/tx/b')
bad = t.commit()
result = [[str(item) if isinstance(item, str) else type(item).__name__ for item in good],
          [type(item).__name__ for item in bad], zk.get_children('/tx')]
`);
    expect(result).toEqual([
      ['/tx', '/tx/a', 'ZnodeStat', 'bool'],
      ['RolledBackError', 'BadVersionError', 'RuntimeInconsistency'],
      ['a'],
    ]);
  });

  test('hears of changes once for each watch', async () => {
    await using watcher = await startKazoo(group.connectString);
    await using changer = await startKazoo(group.connectString);
    await changer.create('/watched', 'x');
    await watcher.watch('/watched', 'data');
    await watcher.watch('/watched', 'children');
    await watcher.watch('/not-yet', 'exists');
    await changer.create('/watched/c');
    await changer.set('/watched', 'y');
    await changer.create('/not-yet');
    await expect.poll(() => watcher.events.length).toBe(3);
    expect(watcher.events.map(({ type, path }) => `${type} ${path}`)).toEqual([
      'CHILD /watched', 'CHANGED /watched', 'CREATED /not-yet',
    ]);
  });

  test('runs its recipes: locks, counters, elections, queues', async () => {
    await using kazoo = await startKazoo(group.connectString);
    const result = await kazoo.run(`
import threading
hosts = args
done = []
zk.Counter('/counter').value
def work():
    own = KazooClient(hosts=hosts); own.start()
    counter = own.Counter('/counter')
    for _ in range(10):
        with own.Lock('/lock', 'me'):
            done.append(1)
        counter += 1
    own.stop(); own.close()
threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
queue = zk.Queue('/queue')
[queue.put(str(n).encode()) for n in range(5)]
taken = [queue.get().decode() for _ in range(5)]
leaders = []
election = zk.Election('/election', 'one')
election.run(lambda: leaders.append(election.contenders()))
result = [len(done), zk.Counter('/counter').value, taken, leaders, zk.get_children('/lock')]
`, group.connectString);
    expect(result).toEqual([40, 40, ['0', '1', '2', '3', '4'], [['one']], []]);
  });

  test('keeps its session and its ephemerals through a cut connection', async () => {
    await using proxy = await startFaultProxy({ port: group.server(1).clientPort });
    await using kazoo = await startKazoo(`${proxy.host}:${proxy.port}`, { timeoutSeconds: 10 });
    await kazoo.create('/kept', '', { ephemeral: true });
    proxy.cut();
    const result = await kazoo.run(`
import time
for _ in range(200):
    try:
        result = [str(zk.client_id[0]), str(zk.exists('/kept').ephemeralOwner)]
        break
    except Exception:
        time.sleep(0.05)
`);
    expect(result).toEqual([String(kazoo.sessionId), String(kazoo.sessionId)]);
  });
});

describe('sessions', () => {
  test('expire between their timeout and a tick more, and take their ephemerals with them', async () => {
    await using group = await startEmbeddedStandalone({ config: { tickTime: '200' } });
    const server = group.server(1);
    const [silent, watcher] = [await connectRaw(server.host, server.clientPort), await connectRaw(server.host, server.clientPort)];
    const { timeoutMs } = await silent.connectSession({ timeoutMs: 600 });
    expect(timeoutMs).toBe(600);
    await watcher.connectSession({ timeoutMs: 4_000 });
    expect((await silent.request(1, ask.create('/mine', '', 1))).err).toBe(0);
    const lastWord = performance.now();
    await watcher.request(3, ask.read('/mine', true));
    const event = await watcher.readFrame();
    const tookMs = performance.now() - lastWord;
    expect(event.readInt32BE(16)).toBe(2);
    expect(tookMs).toBeGreaterThan(550);
    expect(tookMs).toBeLessThan(600 + 200 + 400);
    await silent.closed;
    expect((await watcher.request(3, ask.read('/mine'))).err).toBe(-101);
    watcher.destroy();
  });

  test('survive a restart of the server, as do their ephemerals', async () => {
    await using group = await startEmbeddedStandalone();
    const server = group.server(1);
    const before = await connectRaw(server.host, server.clientPort);
    const session = await before.connectSession({ timeoutMs: 8_000 });
    await before.request(1, ask.create('/mine', '', 1));
    await server.kill();
    await server.start();
    const after = await connectRaw(server.host, server.clientPort);
    const again = await after.connectSession({ timeoutMs: 8_000, sessionId: session.sessionId, password: session.password });
    expect(again.sessionId).toBe(session.sessionId);
    expect((await after.request(3, ask.read('/mine'))).err).toBe(0);
    expect((await after.request(-11)).err).toBe(0);
    const other = await connectRaw(server.host, server.clientPort);
    await other.connectSession();
    expect((await other.request(3, ask.read('/mine'))).err).toBe(-101);
    other.destroy();
  });
});
