import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../../src/base/random.ts';
import { encodeUtf8 } from '../../../../src/base/text.ts';
import { OPEN_ACL } from '../../../../src/model/acl.ts';
import { nodeTransferTools as tools } from '../../../../src/platform/transfer/tools.ts';
import { badExport } from '../../../../src/services/transfer/format/layout.ts';
import { checkFile } from '../../../../src/services/transfer/format/open.ts';
import { checkExport, ExportReader, readExport } from '../../../../src/services/transfer/format/read.ts';
import { headerLine, nodeLine } from '../../../../src/services/transfer/format/write.ts';
import type { NodeRecord } from '../../../../src/services/transfer/record.ts';
import { exportOf, HEADER, inputOf, randomTree, record } from './memory-export.ts';

async function readAll(bytes: Uint8Array, chunkBytes?: number): Promise<NodeRecord[]> {
  const nodes: NodeRecord[] = [];
  for await (const part of readExport(inputOf(bytes, chunkBytes), tools)) if (part.kind === 'nodes') nodes.push(...part.nodes);
  return nodes;
}
const check = (text: string | Uint8Array): Promise<unknown> =>
  checkExport(inputOf(typeof text === 'string' ? encodeUtf8(text) : text), tools);
const refused = (line: number, reason: RegExp): unknown =>
  expect.objectContaining({ code: 'BadExport', message: expect.stringMatching(new RegExp(`^${line === 0 ? '' : `line ${line}: `}${reason.source}`)) });

describe('what is written is read', () => {
  test.each(Array.from({ length: 40 }, (_, seed) => seed))('random nodes, seed %i', async (seed) => {
    const random = seededRandom(seed);
    const records = randomTree(random, 60);
    const { text, trailer } = exportOf(records);
    const bytes = encodeUtf8(text);
    expect(await readAll(bytes, seed % 2 === 0 ? bytes.length : 1 + seed)).toStrictEqual(records);
    expect(await check(bytes)).toStrictEqual({ header: HEADER, trailer });
  });

  test('one line for each node, of no bytes that end a line for others', () => {
    for (const each of randomTree(seededRandom(99), 300)) {
      const line = nodeLine(each, tools.base64);
      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(() => JSON.parse(line) as unknown).not.toThrow();
    }
  });

  test('the checksum is what docs/export-format.md says it is', () => {
    const bytes = Buffer.from(exportOf(randomTree(seededRandom(8), 20)).text);
    const sum = createHash('sha256').update(bytes.subarray(0, -67)).digest('hex');
    expect(bytes.subarray(-67).toString()).toBe(`${sum}"}\n`);
  });

  test('text is kept readable, and never grows a value by much', () => {
    const lineOf = (data: Uint8Array): string => nodeLine(record('a', { data, acl: OPEN_ACL }), tools.base64);
    expect(lineOf(encodeUtf8('café "x"'))).toBe('{"path":"a","text":"café \\"x\\""}\n');
    expect(lineOf(Uint8Array.of(0, 1))).toBe('{"path":"a","base64":"AAE="}\n');
    const controls = Uint8Array.from({ length: 100_000 }, (_, i) => (i === 0 ? 0x20 : 1));
    expect(lineOf(controls).length).toBeLessThan(controls.length * 1.4);
  });

  test('an export that was left unfinished can be gone on with', () => {
    const [first, second] = randomTree(seededRandom(5), 2) as [NodeRecord, NodeRecord];
    const kept = encodeUtf8(headerLine(HEADER) + nodeLine(first, tools.base64));
    const reader = new ExportReader(tools);
    reader.push(kept);
    reader.push(encodeUtf8(nodeLine(second, tools.base64).slice(0, -3)));
    expect([reader.takenBytes, reader.last, reader.nodes, reader.isWhole]).toStrictEqual([kept.length, '', 1, false]);
  });
});

describe('what is not as it was written is refused, with the line', () => {
  const records = randomTree(seededRandom(7), 12);
  const { text } = exportOf(records);
  const bytes = encodeUtf8(text);

  test('truncated at every byte', async () => {
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.slice(0, length);
      const lines = cut.filter((byte) => byte === 0x0a).length;
      const expected = length === 0 ? refused(0, /empty/) : refused(lines + 1, /truncated/);
      await expect(check(cut), `at ${length}`).rejects.toStrictEqual(expected);
    }
  });

  test('any byte edited', async () => {
    const random = seededRandom(11);
    for (let at = 0; at < bytes.length; at++) {
      const edited = bytes.slice();
      const mask = 1 + (random.uint32() % 255);
      edited[at] = (edited[at] as number) ^ mask;
      await expect(check(edited), `byte ${at}, ${mask}`).rejects.toMatchObject({ code: 'BadExport' });
    }
  });

  test('any line left out, put in twice, or exchanged with the next', async () => {
    const lines = text.trimEnd().split('\n');
    const join = (some: readonly string[]): string => some.map((line) => `${line}\n`).join('');
    for (let at = 0; at < lines.length; at++) {
      const line = lines[at] as string;
      await expect(check(join(lines.toSpliced(at, 1)))).rejects.toMatchObject({ code: 'BadExport' });
      await expect(check(join(lines.toSpliced(at, 0, line)))).rejects.toMatchObject({ code: 'BadExport' });
      if (at + 1 < lines.length) await expect(check(join(lines.toSpliced(at, 2, lines[at + 1] as string, line)))).rejects.toMatchObject({ code: 'BadExport' });
    }
  });

  test('an edited value, with the trailer made to fit but for the checksum', async () => {
    const { text: two } = exportOf([record('', { data: encodeUtf8('one') }), record('a', { data: encodeUtf8('two') })]);
    await expect(check(two.replace('"one"', '"eno"'))).rejects.toStrictEqual(refused(4, /edited: the checksum does not match/));
    await expect(check(two.replace('"one"', '"four"'))).rejects.toStrictEqual(refused(4, /edited: the trailer says bytes: 6, what stands above amounts to 7/));
    await expect(check(two.replace('"nodes":2', '"nodes":3'))).rejects.toStrictEqual(refused(4, /edited: the trailer says nodes: 3/));
    await expect(check(two.replace('"vanished":2', '"vanished":1'))).rejects.toStrictEqual(refused(4, /edited: the checksum/));
    await expect(check(two.replace(/"\}\n$/, '","more":1}\n'))).rejects.toStrictEqual(refused(4, /edited: the trailer does not end with its checksum/));
    await expect(check(`${two}\n`)).rejects.toStrictEqual(refused(5, /something stands behind the trailer/));
    await expect(check(two.replaceAll('\n', '\r\n'))).rejects.toMatchObject({ code: 'BadExport' });
  });

  test.each([
    ['a newer version', [headerLine({ ...HEADER, version: 2 })], 1, /format version 2; this program reads up to 1: use a newer one/],
    ['another thing', ['{"format":"other"}\n'], 1, /not the header of an export/],
    ['no JSON', ['nonsense\n'], 1, /no JSON object/],
    ['a root that is no path', [headerLine({ ...HEADER, root: '/a//b' })], 1, /root: a path must not hold an empty name/],
    ['no root node', [headerLine(HEADER), '{"path":"a","data":null}\n'], 2, /the first node is not the root of the export/],
    ['out of order', [headerLine(HEADER), ...['', 'b', 'a'].map((path) => `{"path":"${path}","data":null}\n`)], 4, /a: out of order/],
    ['the same node twice', [headerLine(HEADER), ...['', 'b', 'b'].map((path) => `{"path":"${path}","data":null}\n`)], 4, /b: out of order/],
    ['a missing parent', [headerLine(HEADER), ...['', 'b', 'c/d'].map((path) => `{"path":"${path}","data":null}\n`)], 4, /c\/d: its parent is missing/],
    ['a path with an empty name', [headerLine(HEADER), '{"path":"a//b","data":null}\n'], 2, /path: a path must not hold an empty name/],
    ['no data', [headerLine(HEADER), '{"path":""}\n'], 2, /one of data, text and base64 must be there/],
    ['two kinds of data', [headerLine(HEADER), '{"path":"","text":"a","base64":""}\n'], 2, /one of data, text and base64 must be there/],
    ['broken base64', [headerLine(HEADER), '{"path":"","base64":"AAE"}\n'], 2, /base64: not base64/],
    ['loose base64', [headerLine(HEADER), '{"path":"","base64":"AA\\nE="}\n'], 2, /base64: not base64/],
    ['an unknown kind', [headerLine(HEADER), '{"path":"","data":null,"kind":"sequential"}\n'], 2, /kind: "sequential" is none/],
    ['a TTL node without its time', [headerLine(HEADER), '{"path":"","data":null,"kind":"ttl"}\n'], 2, /ttlMs: no whole number/],
    ['a broken ACL', [headerLine(HEADER), '{"path":"","data":null,"acl":["world:anyone:x"]}\n'], 2, /acl: world:anyone:x is no entry/],
    ['a broken stat', [headerLine(HEADER), '{"path":"","data":null,"stat":[1]}\n'], 2, /stat: not ten values/],
    ['a mark that is none', [headerLine(HEADER), '{"path":"","data":null,"changed":1}\n'], 2, /changed: neither true nor false/],
  ] as const)('%s', async (_what, lines, line, reason) => {
    await expect(check(lines.join(''))).rejects.toStrictEqual(refused(line, reason));
  });

  test('a line without end is not gathered for ever', async () => {
    const endless = inputOf(new Uint8Array(80 * 1024 * 1024).fill(0x20), 1024 * 1024);
    await expect(checkExport(endless, tools)).rejects.toStrictEqual(refused(1, /longer than 67108864 bytes/));
  });

  test('nothing of it is given out as checked', async () => {
    const edited = encodeUtf8(exportOf(records).text.replace('"vanished":2', '"vanished":3'));
    await expect(checkFile(inputOf(edited), tools, () => undefined)).rejects.toMatchObject({ code: 'BadExport' });
  });
});

test('checkFile gives the same nodes each time, and tells how far it is', async () => {
  const records = randomTree(seededRandom(3), 50);
  const { text, trailer } = exportOf(records);
  let told = 0;
  const file = await checkFile(inputOf(encodeUtf8(text), 100), tools, (nodes) => (told = nodes));
  expect(told).toBe(50);
  expect(file).toMatchObject({
    nodes: 50, bytes: trailer.bytes,
    facts: { format: 'zooscope', source: HEADER.source, root: '/app', atMs: HEADER.atMs, zxid: HEADER.zxid, kinds: false, acls: true },
  });
  for (let run = 0; run < 2; run++) {
    const nodes: NodeRecord[] = [];
    for await (const batch of file.records()) nodes.push(...batch);
    expect(nodes).toStrictEqual(records);
  }
});

test('whoever reads on behind a check may end it', async () => {
  const { text } = exportOf(randomTree(seededRandom(3), 50));
  const stop = badExport(0, 'enough');
  await expect(checkFile(inputOf(encodeUtf8(text), 100), tools, () => { throw stop; })).rejects.toBe(stop);
});
