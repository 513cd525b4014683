/** For tests that pass data directories between Apache's server and our code. */

import { join } from 'node:path';
import { recover, type Recovered } from '../../src/ensemble/log/recovery.ts';
import { Database } from '../../src/ensemble/tree/database.ts';
import type { Storage } from '../../src/ensemble/log/storage.ts';
import type { Stat } from '../../src/model/stat.ts';
import { nodeStorage } from '../../src/platform/node-storage.ts';
import { SnapshotCodecs } from '../../src/ensemble/log/compression.ts';
import { nodeGzip } from '../../src/platform/node-gzip.ts';
import type { KazooAcl, KazooClient } from '../support/kazoo.ts';
import type { ServerHandle } from '../support/server-process.ts';

export interface SeenNode {
  readonly data: string | null;
  readonly acl: readonly KazooAcl[];
  readonly stat: Readonly<Record<string, string>>;
  readonly children: readonly string[];
}

export const newDatabase = (): Database => new Database({ extendedTypes: true, digestEnabled: true });

export const codecs = new SnapshotCodecs(nodeGzip);

/** Java properties under which Apache takes every kind of node. */
export const allNodeKinds = ['-Dzookeeper.extendedTypesEnabled=true'];

export function storageOf(dataDir: string): Promise<Storage> {
  return nodeStorage(join(dataDir, 'version-2'));
}

export async function recoverDirectory(dataDir: string): Promise<Recovered<Database>> {
  return recover(await storageOf(dataDir), { newTarget: newDatabase, codecs });
}

const walkScript = `
def seen(path):
    data, stat = zk.get(path)
    acl, _ = zk.get_acls(path)
    return {"data": data, "stat": stat, "acl": list(acl), "children": sorted(zk.get_children(path))}

result = {}
todo = ["/"]
while todo:
    path = todo.pop()
    result[path] = seen(path)
    todo += [path.rstrip("/") + "/" + name for name in result[path]["children"]]
`;

/** The whole tree as kazoo sees it; the session needs the right to read everything. */
export async function walkWithKazoo(kazoo: KazooClient): Promise<Map<string, SeenNode>> {
  const raw = (await kazoo.run(walkScript)) as Record<
    string,
    { data: Buffer | null; stat: Record<string, unknown>; acl: KazooAcl[]; children: string[] }
  >;
  return new Map(
    Object.entries(raw).map(([path, { data, stat, acl, children }]) => [
      path,
      { data: data === null ? null : data.toString('base64'), stat: asText(stat), acl, children },
    ]),
  );
}

/** The same of our tree. */
export function walkDatabase(database: Database): Map<string, SeenNode> {
  const out = new Map<string, SeenNode>();
  const todo = ['/'];
  for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
    const node = database.tree.node(path);
    const children = [...(database.tree.children(path) ?? [])].sort();
    if (node === undefined) throw new Error(`no node ${path}`);
    out.set(path, {
      data: node.data === null ? null : Buffer.from(node.data).toString('base64'),
      stat: asText(database.tree.stat(path) as Stat),
      acl: node.acl.map(({ perms, id }) => ({ perms, scheme: id.scheme, id: id.id })),
      children,
    });
    for (const name of children) todo.push(path === '/' ? `/${name}` : `${path}/${name}`);
  }
  return out;
}

function asText(stat: object): Record<string, string> {
  return Object.fromEntries(Object.entries(stat).map(([key, value]) => [key, String(value)]));
}

/** The numbers of `mntr`, by key without its prefix. */
export async function metricsOf(server: ServerHandle): Promise<ReadonlyMap<string, string>> {
  const lines = (await server.fourLetterWord('mntr')).split('\n');
  return new Map(lines.map((line) => line.split('\t')).map(([key = '', value = '']) => [key.replace(/^zk_/, ''), value]));
}
