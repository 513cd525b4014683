/**
 * Plants a tree of everything that transfers may stumble over, the same for the same seed.
 *
 *     node scripts/ugly-tree.mjs --connect 127.0.0.1:2181 [--root /ugly] [--nodes 100000] [--seed 1] [--auth digest:u:p]...
 *         [--schemes world,digest,ip,sasl,x509] [--depth 200] [--big 20] [--ttl]
 *
 * Half of the nodes are children of one; a chain goes `depth` nodes down; the rest has names with spaces, percent signs,
 * right-to-left and CJK text, names of 200 characters, binary, compressed, null and empty data, values just under
 * 1 MB, every ACL scheme that is named, containers and (with --ttl, for servers with extendedTypesEnabled) TTL nodes.
 */
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { createBody, long, op } from './golden/raw.mjs';
import { PipelinedSession } from './lib/pipelined-session.mjs';

/** @typedef {import('./golden/raw.mjs').Acl} Acl */
/** @typedef {{ path: string, data: Uint8Array | null, acl: readonly Acl[], kind: 'persistent' | 'container' | 'ttl' }} Spec */
/** @typedef {{ nodes: number, seed: number, depth: number, big: number, schemes: readonly string[], ttl: boolean }} Shape */

const TTL_MS = 30n * 24n * 3600n * 1000n;
/** A request of 1,048,575 bytes is the longest that a server takes by default; the rest is path, ACL and header. */
const BIG_BYTES = 1_048_575 - 1_500;

const WORDS = [
  'node', 'with space', ' leading', 'trailing ', '100%', '%2Fpercent%20', 'שלום', 'مرحبا بالعالم', '配置中心', 'データ', '한국어', 'e\u0301',
  'quo"te', "apo'strophe", 'back\\slash', 'semi;colon', '#hash', '?query', '*', '[brackets]', '{}', '..', '...', '.hidden', '=', 'a=b', '\u00a0nbsp',
  'lock-0000000007', 'lock--000000005', 'ﷺ', '￠', 'nul', 'CON', '-dash', '~', '$HOME', '`tick`', '\u202ertl\u202c', '\u2028',
];

/** @type {Readonly<Record<string, readonly Acl[]>>} */
const ACLS = {
  world: [[31, 'world', 'anyone']],
  read: [[1, 'world', 'anyone']],
  digest: [[31, 'digest', 'alice:4vGkJZKJNKzGb8CqLPZCJYJ3YsI='], [1, 'digest', 'bob:G2RdrM8e0u0f1vNCj/TI99ebRMw=']],
  ip: [[31, 'ip', '127.0.0.1'], [5, 'ip', '10.0.0.0/8'], [1, 'world', 'anyone']],
  sasl: [[31, 'sasl', 'zk/host.example.com@EXAMPLE.COM'], [3, 'sasl', 'alice']],
  x509: [[31, 'x509', 'CN=alice,OU=Ops,O=Example: Ltd,C=US'], [16, 'world', 'anyone']],
};

/** The same numbers for the same seed (splitmix32). @param {number} seed */
function randomOf(seed) {
  let state = seed | 0;
  const uint32 = () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  const below = (/** @type {number} */ bound) => Math.floor((uint32() / 0x1_0000_0000) * bound);
  return {
    below,
    /** @template T @param {readonly T[]} items */
    of: (items) => /** @type {T} */ (items[below(items.length)]),
    /** @param {number} length */
    bytes: (length) => {
      const out = Buffer.alloc(length);
      for (let i = 0; i + 4 <= length; i += 4) out.writeUInt32LE(uint32(), i);
      return out;
    },
  };
}

/** Nodes, each behind its parent; paths are relative to the root, whose own is empty. @param {Shape} shape @returns {Generator<Spec>} */
export function* uglyTree({ nodes, seed, depth, big, schemes, ttl }) {
  const random = randomOf(seed);
  const lists = Object.keys(ACLS).filter((name) => name === 'read' || schemes.includes(name));
  let count = 0;
  /** @param {string} path @param {Partial<Spec>} [more] @returns {Spec} */
  const node = (path, more = {}) => {
    count++;
    return { path, data: dataOf(random, count), acl: ACLS['world'] ?? [], kind: 'persistent', ...more };
  };
  yield node('');
  yield node('wide', { data: Buffer.alloc(0) });
  const wide = Math.floor(nodes / 2);
  for (let i = 0; i < wide; i++) yield node(`wide/${wideName(i)}`);
  let deep = 'deep';
  yield node(deep);
  for (let level = 3; level <= depth; level++) yield node((deep += `/${level % 50 === 0 ? '深' : level}`));
  yield node('big');
  for (let i = 0; i < big; i++) {
    const acl = ACLS[lists[i % lists.length] ?? ''] ?? [];
    yield node(`big/${i}`, { data: i % 2 === 0 ? random.bytes(BIG_BYTES) : Buffer.alloc(BIG_BYTES, 'text \u0001'), acl });
  }
  yield node('kinds');
  for (let i = 0; i < Math.max(3, Math.floor(nodes / 100)); i++) {
    yield node(`kinds/container ${i}`, { kind: 'container' });
    // One without children would be taken away by the server in a while.
    yield node(`kinds/container ${i}/child`);
    if (ttl) yield node(`kinds/ttl ${i}`, { kind: 'ttl' });
  }
  yield* rest();

  /** A tree at random, where names and ACLs are as ugly as can be. @returns {Generator<Spec>} */
  function* rest() {
    const parents = ['names'];
    const taken = new Set(parents);
    yield node('names');
    while (count < nodes) {
      const parent = random.of(parents);
      const path = `${parent}/${uglyName(random, count)}`;
      if (taken.has(path) || path.length > 4000) continue;
      taken.add(path);
      if (random.below(4) === 0 && path.split('/').length < 12) parents.push(path);
      yield node(path, { acl: ACLS[random.below(3) === 0 ? random.of(lists) : 'world'] ?? [] });
    }
  }
}

/** Short: a server's answer with all of them has to stay below 1 MB. @param {number} i */
const wideName = (i) => (i % 10 === 0 ? `é ${i}` : i % 10 === 1 ? `%${i}` : `c${i.toString().padStart(7, '0')}`);

/** @param {ReturnType<typeof randomOf>} random @param {number} count */
function uglyName(random, count) {
  if (count % 40 === 0) return `${random.of(WORDS)}${'长name'.repeat(50)}`.slice(0, 200);
  const word = random.of(WORDS);
  return random.below(3) === 0 ? `${word}${random.of(WORDS)}${count}` : `${word} ${count}`;
}

/** @param {ReturnType<typeof randomOf>} random @param {number} count */
function dataOf(random, count) {
  switch (count % 9) {
    case 0: return null;
    case 1: return Buffer.alloc(0);
    case 2: return random.bytes(4 * (1 + random.below(60)));
    case 3: return gzipSync(Buffer.from(`compressed ${count} `.repeat(8)), { level: 1 });
    case 4: return Buffer.from(JSON.stringify({ host: `10.0.0.${count % 250}`, port: count, 名: 'ü' }));
    case 5: return Buffer.from('\ufeffbyte order mark\r\n\u0000\ufffd');
    case 6: return Buffer.from([0xff, 0xfe, 0x00, 0xd8]);
    default: return Buffer.from(`value ${count}`);
  }
}

/** @param {string} root @param {Spec} spec @returns {readonly [number, Uint8Array]} */
function requestOf(root, { path, data, acl, kind }) {
  const full = path === '' ? root : root === '/' ? `/${path}` : `${root}/${path}`;
  if (kind === 'container') return [op.createContainer, createBody(full, data, 4, acl)];
  if (kind === 'ttl') return [op.createTTL, Buffer.concat([createBody(full, data, 5, acl), long(TTL_MS)])];
  return [op.create, createBody(full, data, 0, acl)];
}

/**
 * Plants the tree. @param {{ host: string, port: number, root: string, auth: readonly (readonly [string, string])[] }} where
 * @param {Shape} shape @returns {Promise<number>} how many nodes
 */
export async function plant({ host, port, root, auth }, shape) {
  const session = await PipelinedSession.open(host, port, auth);
  let planted = 0;
  for (const spec of uglyTree(shape)) {
    const [type, body] = requestOf(root, spec);
    await session.send(type, body);
    planted++;
  }
  await session.close();
  return planted;
}

async function main() {
  const { values } = parseArgs({
    options: {
      connect: { type: 'string' }, root: { type: 'string', default: '/ugly' }, nodes: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' }, depth: { type: 'string', default: '200' }, big: { type: 'string', default: '20' },
      schemes: { type: 'string', default: Object.keys(ACLS).join(',') }, auth: { type: 'string', multiple: true, default: [] },
      ttl: { type: 'boolean', default: false },
    },
  });
  const [host = '', port = '2181'] = (values.connect ?? '').split(':');
  if (host === '') throw new Error('--connect host:port is needed');
  const auth = values.auth.map((text) => /** @type {const} */ ([text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)]));
  const shape = {
    nodes: Number(values.nodes), seed: Number(values.seed), depth: Number(values.depth), big: Number(values.big),
    schemes: values.schemes.split(','), ttl: values.ttl,
  };
  const beganMs = performance.now();
  const planted = await plant({ host, port: Number(port), root: values.root, auth }, shape);
  console.log(`${planted} nodes below ${values.root} in ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
}

if (process.argv[1] === import.meta.filename) await main();
