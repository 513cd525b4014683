/** Apache's server writes a data directory, by itself or killed; our code recovers it and must have the same tree. */

import { expect, test } from 'vitest';
import { formatId, parseId } from '../../src/model/zxid.ts';
import { encode } from '../../src/wire/jute/encode.ts';
import { CreateRequest } from '../../src/wire/operations/create.ts';
import { CreateTtlRequest } from '../../src/wire/operations/create-ttl.ts';
import { OPEN_ACL } from '../../src/model/acl.ts';
import { startApacheStandalone } from '../support/apache.ts';
import { startKazoo, type KazooClient } from '../support/kazoo.ts';
import { connectRaw } from '../support/raw-client.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';
import { allNodeKinds, metricsOf, recoverDirectory, walkDatabase, walkWithKazoo } from './disk-support.ts';

const auth = [['digest', 'bob:bobsecret']] as const;

/** A little of everything, then many small changes by a seeded generator. */
const workload = `
import random
from kazoo.exceptions import KazooException
random.seed(args["seed"])
zk.create("/a", b"one")
zk.create("/a/null", None)
zk.create("/a/empty", b"")
zk.create("/a/big", b"x" * 300000)
zk.create("/\\u4e2d\\u6587/\\u8282\\u70b9 with space", b"name", makepath=True)
zk.create("/acl", b"", acl=[make_acl("world", "anyone", read=True), make_digest_acl("bob", "bobsecret", all=True)])
zk.create("/acl/ip", b"", acl=[make_acl("ip", "127.0.0.1", all=True)])
zk.create("/acl/later", b"")
zk.set_acls("/acl/later", [make_digest_acl("bob", "bobsecret", all=True)])
for n in range(5):
    zk.create("/a/seq-", b"s", sequence=True)
zk.create("/eph", b"e", ephemeral=True)
zk.create("/a/eph-", b"e", ephemeral=True, sequence=True)
zk.delete("/a/seq-0000000004")
for limit in (b"count=3,bytes=100", b"count=-1,bytes=-1"):
    pass
zk.create("/quota", b"12345")
zk.create("/zookeeper/quota/quota/zookeeper_limits", b"count=5,bytes=1000", makepath=True)
zk.create("/zookeeper/quota/quota/zookeeper_stats", b"count=0,bytes=0")
zk.create("/quota/child", b"67890")
zk.set("/quota/child", b"6789")
t = zk.transaction()
t.create("/multi", b"m"); t.create("/multi/child", b"c"); t.set_data("/multi", b"mm"); t.delete("/multi/child"); t.check("/multi", 1)
assert not any(isinstance(r, Exception) for r in t.commit())
t = zk.transaction()
t.create("/never", b""); t.delete("/not-there"); t.create("/nor-this", b"")
assert all(isinstance(r, Exception) for r in t.commit())
t = zk.transaction()
t.commit()
for _ in range(3):
    other = KazooClient(hosts=zk.hosts and ",".join("%s:%d" % h for h in zk.hosts))
    other.start()
    other.create("/gone-", b"", ephemeral=True, sequence=True)
    other.create("/gone-too-", b"", ephemeral=True, sequence=True)
    other.stop(); other.close()
paths = ["/r"]
zk.create("/r", b"")
for n in range(args["steps"]):
    path = random.choice(paths)
    try:
        kind = random.random()
        if kind < 0.5:
            paths.append(zk.create(path + "/" + random.choice("abcdefgh") + str(random.randrange(30)),
                                   bytes(random.randrange(200)), ephemeral=random.random() < 0.05))
        elif kind < 0.6:
            paths.append(zk.create(path + "/q-", b"q", sequence=True))
        elif kind < 0.8:
            zk.set(path, bytes(random.randrange(2000)), version=random.choice([-1, -1, 0]))
        elif kind < 0.85:
            zk.set_acls(path, random.choice([[make_acl("world", "anyone", all=True)],
                [make_acl("world", "anyone", all=True), make_acl("ip", "10.0.0.%d" % random.randrange(5), read=True)]]))
        else:
            zk.delete(path)
    except KazooException:
        pass
result = len(paths)
`;

async function everyKindOfNode(apache: ServersHandle, kazoo: KazooClient): Promise<void> {
  await kazoo.run(workload, { seed: 7, steps: 1500 });
  const [server] = apache.servers;
  if (server === undefined) throw new Error('no server');
  const raw = await connectRaw(server.host, server.clientPort);
  await raw.connectSession({ timeoutMs: 10_000 });
  const container = { path: '/container', data: Buffer.from('c'), acl: [...OPEN_ACL], flags: 4 };
  expect((await raw.request(19, encode(CreateRequest, container))).err).toBe(0);
  const lasting = { path: '/ttl', data: null, acl: [...OPEN_ACL], flags: 5, ttl: 3_600_000n };
  expect((await raw.request(21, encode(CreateTtlRequest, lasting))).err).toBe(0);
  const closed = await raw.request(-11);
  expect(closed.err).toBe(0);
  raw.destroy();
}

describeWith(['java', 'zookeeper', 'kazoo'], "Apache's data directory, recovered by our code", () => {
  test.each(['stopped', 'killed', 'killed, after a restart'])('%s', async (how) => {
    await using apache = await startApacheStandalone({ jvm: allNodeKinds });
    const server = apache.server(1);
    // It may wait for two thirds of its session when it meets a server that is not ready yet.
    const kazoo = await startKazoo(apache.connectString, { auth, timeoutSeconds: 40 });
    await everyKindOfNode(apache, kazoo);
    if (how.endsWith('restart')) {
      await server.kill();
      await server.start();
      await kazoo.run('from kazoo.retry import KazooRetry\nKazooRetry(max_tries=60, delay=0.1, backoff=1)(zk.create, "/after", b"1")');
    }
    const seen = await walkWithKazoo(kazoo);
    const session = kazoo.sessionId;
    const lastZxid = parseId(/^Zxid: (\S+)/m.exec(await server.fourLetterWord('srvr'))?.[1] ?? '');
    const history = (await server.fourLetterWord('hash')).trim().split('\n').filter((line) => line !== '');
    const metrics = await metricsOf(server);
    await kazoo.kill();
    if (how === 'stopped') await server.stop();
    else await server.kill();

    const { target, zxid, txnsReplayed } = await recoverDirectory(server.dataDir);
    const ours = walkDatabase(target);
    expect([...ours.keys()].sort()).toEqual([...seen.keys()].sort());
    for (const [path, node] of seen) expect(ours.get(path), path).toEqual(node);
    expect(zxid).toBe(lastZxid);
    expect(target.digestMismatches, `first at ${target.firstMismatch ?? 'none'}`).toBe(0);
    if (how !== 'killed, after a restart') {
      expect(txnsReplayed).toBe(Number(zxid));
      expect(target.digestHistory.map((entry) => `${entry.zxid.toString(16)}: ${entry.digest}`)).toEqual(history);
      expect(history.length).toBeGreaterThan(5);
    }
    expect(target.tree.nodeCount).toBe(Number(metrics.get('znode_count')));
    expect(target.tree.ephemeralCount).toBe(Number(metrics.get('ephemerals_count')));
    expect(target.tree.dataBytes).toBe(Number(metrics.get('approximate_data_size')));
    expect(target.sessions.has(session), formatId(session)).toBe(true);
    expect(target.sessions.size).toBe(1);
    expect(target.tree.ephemeralsOf(session)).toContain('/eph');
    expect([...target.tree.containers()]).toEqual(['/container']);
    expect([...target.tree.ttlNodes()]).toEqual(['/ttl']);
  });
});
