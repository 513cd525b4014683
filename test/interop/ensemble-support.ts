/** Whole trees of several servers, compared; and what their `mntr` says of them. */

import { expect } from 'vitest';
import type { ServersHandle } from '../support/server-group.ts';
import type { ServerHandle } from '../support/server-process.ts';
import { startKazoo } from '../support/kazoo.ts';

const WALK = `
import hashlib
def walk(client, path, out):
    data, stat = client.get(path)
    acl, _ = client.get_acls(path) if path != '/zookeeper/config' else ([], None)
    keys = ['czxid', 'mzxid', 'ctime', 'mtime', 'version', 'cversion', 'aversion', 'ephemeralOwner', 'pzxid']
    out[path] = [hashlib.sha1(data or b'').hexdigest(), [str(getattr(stat, key)) for key in keys], sorted(str(a) for a in acl)]
    for child in sorted(client.get_children(path)):
        walk(client, (path if path != '/' else '') + '/' + child, out)
`;

/** Everything below `/`, but for the node of the configuration, which each member writes for itself. */
export async function treeOf(server: ServerHandle): Promise<unknown> {
  const kazoo = await startKazoo(server.connectString);
  try {
    return await kazoo.run(`${WALK}
zk.sync('/')
result = {}
walk(zk, '/', result)
result.pop('/zookeeper/config', None)`);
  } finally {
    await kazoo.close();
  }
}

/** All servers serve, have the same tree, and none saw a digest that was not its own. */
export async function expectEqualTrees(servers: ServersHandle): Promise<void> {
  for (const server of servers.servers) await server.waitServing();
  const [first, ...others] = await Promise.all(servers.servers.map((server) => treeOf(server)));
  for (const other of others) expect(other).toEqual(first);
  await expectNoMismatch(servers);
}

/** No running server has seen a digest that was not its own, but for what Apache's servers do to digests: `excused`. */
export async function expectNoMismatch(servers: ServersHandle): Promise<void> {
  for (const server of servers.servers) {
    if (!server.running || excused(server, servers)) continue;
    expect(await figure(server, 'zk_digest_mismatches_count'), `server ${server.id}, ${server.kind}`).toBe(0);
  }
}

/** What an Apache server says of its log when a transaction is in it again. */
const WRITTEN_TWICE = /\(highestZxid\) > \d+\(next log\)/;
/** What an Apache leader says when it sends its tree. */
const SENDS_TREE = /Sending snapshot last zxid/;

/**
 * Whether a server may count digests as wrong although its tree is right.
 *
 * Apache's followers write transactions again when they live through a change of the leader under load, in ensembles
 * of their own as well. The next start counts digests as wrong while it replays them; as a leader it may give
 * such digests to others. And a tree that Apache's leader sends while it goes on writing has some of what
 * comes after: until the learner has caught up with that, digests are not those of the leader. Trees are compared all
 * the same.
 */
function excused(server: ServerHandle, { servers }: ServersHandle): boolean {
  const apache = servers.filter(({ kind }) => kind === 'apache').map((one) => one.log());
  return server.kind === 'apache' ? wroteTwice(server) : apache.some((log) => WRITTEN_TWICE.test(log) || SENDS_TREE.test(log));
}

/** Whether Apache's server has found a transaction in its log again. */
export function wroteTwice(server: ServerHandle): boolean {
  return server.kind === 'apache' && WRITTEN_TWICE.test(server.log());
}

/** Servers list the digest of every 128th transaction: what two of them list must be the same. */
export async function expectEqualDigests(servers: ServersHandle): Promise<void> {
  const sound = servers.servers.filter((server) => !excused(server, servers));
  const lists = await Promise.all(sound.map(async (server) => new Map(
    [...(await server.fourLetterWord('hash')).matchAll(/^([0-9a-f]+): (\S+)$/gm)].map(([, zxid = '', digest = '']) => [zxid, digest] as const),
  )));
  const [first = new Map<string, string>(), ...others] = lists;
  for (const other of others) {
    const common = [...other.keys()].filter((zxid) => first.has(zxid));
    expect(common.map((zxid) => [zxid, other.get(zxid)])).toEqual(common.map((zxid) => [zxid, first.get(zxid)]));
    expect(common.length).toBeGreaterThan(0);
  }
}

/** A figure of `mntr`; NaN when it is not there. */
export async function figure(server: ServerHandle, name: string): Promise<number> {
  const text = await server.fourLetterWord('mntr');
  return Number(new RegExp(`^${name}\\t(\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}

export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Creates nodes through one server, pipelined. */
export async function writeSome(at: ServerHandle, prefix: string, count: number): Promise<void> {
  await at.waitServing();
  const kazoo = await startKazoo(at.connectString);
  try {
    await kazoo.run(`
zk.ensure_path(args['prefix'])
handles = [zk.create_async('%s/n%05d' % (args['prefix'], i), b'x' * (i % 300)) for i in range(args['count'])]
for handle in handles: handle.get(30)
result = len(handles)`, { prefix, count });
  } finally {
    await kazoo.close();
  }
}
