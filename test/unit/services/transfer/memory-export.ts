/** Exports in memory, and random nodes for them. */

import { below, type Random } from '../../../../src/base/random.ts';
import { encodeUtf8 } from '../../../../src/base/text.ts';
import type { Acl } from '../../../../src/model/acl.ts';
import { pathProblem } from '../../../../src/model/zpath.ts';
import { nodeTransferTools as tools } from '../../../../src/platform/transfer/tools.ts';
import type { ExportHeader, ExportTrailer } from '../../../../src/services/transfer/format/layout.ts';
import { headerLine, nodeLine, trailerLine } from '../../../../src/services/transfer/format/write.ts';
import { compareRelative } from '../../../../src/services/transfer/order.ts';
import type { ExportInput } from '../../../../src/services/transfer/ports.ts';
import type { Kind, NodeRecord } from '../../../../src/services/transfer/record.ts';

export const HEADER: ExportHeader = {
  version: 1, source: 'zk1:2181,zk2:2181/chroot', server: 'zk1:2181', root: '/app', atMs: 1_790_000_000_000, zxid: 0x1_0000_0abcn,
  options: { ephemerals: false, acl: true, kinds: 'protocol' },
};

/** Bytes as a file, in chunks of a size. */
export function inputOf(bytes: Uint8Array, chunkBytes = bytes.length || 1): ExportInput {
  return {
    name: 'memory',
    async *chunks() {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.slice(at, at + chunkBytes);
    },
  };
}

/** The text of an export, and what its trailer says. */
export function exportOf(records: readonly NodeRecord[], header = HEADER): { readonly text: string; readonly trailer: ExportTrailer } {
  const sum = tools.sha256();
  const lines = [headerLine(header), ...records.map((record) => nodeLine(record, tools.base64))];
  for (const line of lines) sum.update(encodeUtf8(line));
  const trailer: ExportTrailer = {
    nodes: records.length,
    bytes: records.reduce((bytes, { data }) => bytes + (data?.length ?? 0), 0),
    changed: records.filter(({ changed }) => changed).length,
    left: { ephemeral: 3, system: 1, unreadable: 0, vanished: 2 },
    zxid: 0x1_0000_0abdn,
  };
  return { text: lines.join('') + trailerLine(trailer, sum), trailer };
}

export function record(path: string, more: Partial<NodeRecord> = {}): NodeRecord {
  return { path, kind: 'persistent', ttlMs: null, data: new Uint8Array(0), acl: null, aclMasked: false, stat: null, changed: false, ...more };
}

const NAMES = ['a', 'b c', '%2F%20', 'שלום', '配置', '"quoted"', 'back\\slash', '..x', '{}', '￠', 'ﷺ', 'e\u0301', '=', ' ', '\u2028'];
const IDS = ['anyone', 'bob:hash=', '10.0.0.0/8', 'CN=Bob, O=x:y', '', 'ünïcode'];

/** A tree of random nodes, in order, its root first: names and data of any bytes, every kind. */
export function randomTree(random: Random, count: number): NodeRecord[] {
  const paths = new Set(['']);
  while (paths.size < count) {
    const parents = [...paths];
    const parent = parents[below(random, parents.length)] as string;
    const name = randomName(random);
    const path = parent === '' ? name : `${parent}/${name}`;
    if (pathProblem(`/${path}`) === null) paths.add(path);
  }
  return [...paths].sort(compareRelative).map((path) => randomRecord(random, path));
}

function randomName(random: Random): string {
  if (below(random, 2) === 0) return NAMES[below(random, NAMES.length)] as string;
  return Array.from({ length: 1 + below(random, 8) }, () => String.fromCharCode(below(random, below(random, 2) === 0 ? 0x80 : 0x1_0000))).join('').replaceAll('/', '-');
}

function randomRecord(random: Random, path: string): NodeRecord {
  const kind = (['persistent', 'ephemeral', 'container', 'ttl'] as const)[below(random, 4)] as Kind;
  const data = randomData(random);
  const big = (): bigint => BigInt.asIntN(64, (BigInt(random.uint32()) << 32n) | BigInt(random.uint32()));
  const int = (): number => random.uint32() | 0;
  const stat = {
    czxid: big(), mzxid: big(), ctime: big(), mtime: BigInt(random.uint32()), version: int(), cversion: int(), aversion: int(),
    ephemeralOwner: big(), dataLength: data?.length ?? 0, numChildren: int(), pzxid: big(),
  };
  return {
    path, kind, ttlMs: kind === 'ttl' ? BigInt(1 + random.uint32()) : null, data, acl: randomAcl(random),
    aclMasked: below(random, 4) === 0, stat: below(random, 4) === 0 ? null : stat, changed: below(random, 4) === 0,
  };
}

function randomData(random: Random): Uint8Array | null {
  const bytes = (length: number, top: number): Uint8Array => Uint8Array.from({ length }, () => below(random, top));
  const length = below(random, 3) === 0 ? below(random, 400) : below(random, 12);
  switch (below(random, 7)) {
    case 0: return null;
    case 1: return new Uint8Array(0);
    case 2: return bytes(length, 256);
    case 3: return bytes(length, 0x20);
    case 4: return encodeUtf8(`\ufeff${randomName(random)}\n\ufffd`);
    case 5: return Uint8Array.from([0x1f, 0x8b, 8, ...bytes(length, 256)]);
    default: return encodeUtf8(`{"a":"${randomName(random)}"}`);
  }
}

function randomAcl(random: Random): Acl[] | null {
  if (below(random, 3) === 0) return null;
  return Array.from({ length: below(random, 4) }, () => ({
    perms: below(random, 5) === 0 ? random.uint32() | 0 : below(random, 32),
    id: {
      scheme: (['world', 'digest', 'ip', 'sasl', 'x509', 'a:b', ''] as const)[below(random, 7)] as string,
      id: IDS[below(random, IDS.length)] as string,
    },
  }));
}
