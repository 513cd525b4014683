/**
 * Real files of a standalone server after the conversations: the transaction log, snapshots in all three forms, and
 * the tree they hold as kazoo saw it. In: the running server. Out: test/vectors/disk/.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fourLetterWord } from './launch.mjs';
import { startKazoo } from './genuine.mjs';
import { RawClient, createBody, op } from './raw.mjs';

const paddingKept = 64;

const walkScript = `
def walk(path):
    data, stat = zk.get(path)
    acl, _ = zk.get_acls(path)
    nodes.append({"path": path, "data": data, "acl": acl, "stat": stat})
    for name in sorted(zk.get_children(path)):
        walk(path.rstrip("/") + "/" + name)
nodes = []
walk("/")
result = nodes
`;

/**
 * @param {Awaited<ReturnType<typeof import('./launch.mjs').startServer>>} server
 * @param {import('./recorder.mjs').Recorder} recorder
 * @param {string} target
 */
export async function captureDisk(server, recorder, target) {
  const data = join(server.dataDir, 'version-2');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const first = readFileSync(join(data, 'snapshot.0'));
  writeFileSync(join(target, 'empty-snapshot.0'), first);

  // A session that is still open, so that the files hold sessions and ephemerals.
  const open = new RawClient(recorder);
  await open.connect('session left open', { timeoutMs: 40_000 });
  await open.ask('ephemeral left behind', op.create, createBody('/left-open', 'still here', 1));
  const kazoo = await startKazoo({ port: server.port }, [['digest', 'super:admin']]);
  const walked = await kazoo.run('walk', walkScript);
  if (walked.error) throw new Error(`kazoo cannot walk the tree: ${walked.error.message}`);
  const zxid = /^Zxid: (0x[0-9a-f]+)$/m.exec(await fourLetterWord(server.port, 'srvr'))?.[1];
  const digests = (await fourLetterWord(server.port, 'hash')).trim();
  const dump = await fourLetterWord(server.port, 'dump');
  await server.kill();
  kazoo.kill();

  const files = [];
  for (const name of readdirSync(data).filter((file) => file.startsWith('log.')).sort()) {
    const whole = readFileSync(join(data, name));
    const { end, entries } = endOfLog(whole);
    writeFileSync(join(target, name), whole.subarray(0, end + paddingKept));
    files.push({ file: name, entries, bytes: end, note: `real length ${whole.length}; cut to ${paddingKept} of its zero bytes` });
  }
  for (const [method, option] of [['', ''], ['gz', 'gz'], ['snappy', 'snappy']]) {
    await server.start(option ? [`-Dzookeeper.snapshot.compression.method=${option}`] : []);
    await server.kill();
    const suffix = method ? `.${method}` : '';
    const name = `snapshot.${BigInt(zxid ?? 0).toString(16)}${suffix}`;
    writeFileSync(join(target, name), readFileSync(join(data, name)));
    files.push({ file: name, note: 'taken at a start right after the log was loaded' });
  }
  const tree = {
    about: [
      'What the log (replayed from empty-snapshot.0) and each snapshot hold.',
      'data is base64, null where the node has none; numbers of 64 bits are decimal strings; nodes are sorted depth first.',
      'The snapshots differ in the order of siblings: Apache writes them in the order of a hash set.',
    ],
    server: 'Apache ZooKeeper 3.8.0 (Debian), extendedTypesEnabled=true, enforceQuota=true',
    lastZxid: zxid,
    files: [{ file: 'empty-snapshot.0', note: 'of a new server; its real name is snapshot.0' }, ...files],
    openSessions: openSessions(dump),
    ephemerals: ephemerals(dump),
    containers: walked.ok.map(pathOf).filter((/** @type {string} */ path) => /container$/.test(path)),
    ttls: walked.ok.map(pathOf).filter((/** @type {string} */ path) => /\/(ttl(-\d+)?|t)$/.test(path)),
    digests: digests.split('\n'),
    nodes: walked.ok.map((/** @type {{ data: { $bytes: string } | null }} */ node) => ({ ...node, data: node.data?.$bytes ?? null })),
  };
  writeFileSync(join(target, 'tree.json'), compactJson(tree, 'nodes'));
}

/** @param {{ path: string }} node */
const pathOf = (node) => node.path;

/** @param {string} dump */
function openSessions(dump) {
  const text = dump.slice(0, dump.indexOf('ephemeral nodes dump'));
  return [...new Set([...text.matchAll(/^\s*(0x[0-9a-f]+)/gm)].map((match) => match[1]))];
}

/** @param {string} dump */
function ephemerals(dump) {
  const start = dump.indexOf('ephemeral nodes dump');
  const text = dump.slice(start, dump.indexOf('Connections dump'));
  return [...text.matchAll(/^(0x[0-9a-f]+):\n((?:\t.*\n?)*)/gm)].map((match) => ({
    session: match[1],
    paths: (match[2] ?? '').trim().split(/\s*\n\s*/).sort(),
  }));
}

/**
 * Where the last transaction ends.
 * @param {Buffer} log
 */
function endOfLog(log) {
  let end = 16;
  let entries = 0;
  for (;;) {
    const length = log.readInt32BE(end + 8);
    if (length === 0) return { end, entries };
    const next = end + 12 + length + 1;
    if (log[next - 1] !== 0x42) throw new Error(`no end mark after the transaction at ${end}`);
    end = next;
    entries += 1;
  }
}

/**
 * JSON with one line per element of one array: short in lines, good in diffs.
 * @param {Record<string, unknown>} value
 * @param {string} arrayName
 */
export function compactJson(value, arrayName) {
  const items = /** @type {readonly unknown[]} */ (value[arrayName]).map((item) => `    ${JSON.stringify(item)}`);
  const head = JSON.stringify({ ...value, [arrayName]: '@' }, null, 2);
  return `${head.replace(`"${arrayName}": "@"`, () => `"${arrayName}": [\n${items.join(',\n')}\n  ]`)}\n`;
}
