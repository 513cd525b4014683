import { describe, expect, test } from 'vitest';
import { encodeUtf8 } from '../../../../src/base/text.ts';
import { OPEN_ACL } from '../../../../src/model/acl.ts';
import { nodeTransferTools as tools } from '../../../../src/platform/transfer/tools.ts';
import { wholeText } from '../../../../src/services/transfer/foreign/whole-text.ts';
import { checkFile } from '../../../../src/services/transfer/format/open.ts';
import type { NodeRecord } from '../../../../src/services/transfer/record.ts';
import type { CheckedFile } from '../../../../src/services/transfer/source.ts';
import { inputOf, record } from './memory-export.ts';

const open = (text: string | Uint8Array): Promise<CheckedFile> =>
  checkFile(inputOf(typeof text === 'string' ? encodeUtf8(text) : text, 7), tools, () => undefined);
async function recordsOf(text: string): Promise<NodeRecord[]> {
  const out: NodeRecord[] = [];
  for await (const batch of (await open(text)).records()) out.push(...batch);
  return out;
}
const implied = (path: string): NodeRecord => ({ ...record(path, { acl: OPEN_ACL }), implied: true });

describe('zk_shell', () => {
  test('nodes in any order, below /, with the parents that are missing', async () => {
    const text = JSON.stringify({
      '/app/b': { content: 'AAE=', acls: [{ perms: 1, id: { scheme: 'digest', id: 'bob:hash=' } }, {}] },
      '/app/a b/配置': { content: '', acls: [] },
      '/app': { content: null },
    }, null, 4);
    expect(await open(text)).toMatchObject({ nodes: 5, bytes: 2, facts: { format: 'zk_shell', source: null, root: '/', kinds: false, acls: true } });
    expect(await recordsOf(text)).toStrictEqual([
      implied(''),
      record('app', { data: null, acl: OPEN_ACL }),
      implied('app/a b'),
      record('app/a b/配置', { acl: OPEN_ACL }),
      record('app/b', {
        data: Uint8Array.of(0, 1),
        acl: [{ perms: 1, id: { scheme: 'digest', id: 'bob:hash=' } }, { perms: 31, id: { scheme: 'world', id: 'anyone' } }],
      }),
    ]);
  });

  test.each([
    ['{\n"/a": {"content": "?"}}', /^line 2: \/a: content: not base64$/],
    ['{\n\n"/\\u914d": {"content": 1}}', /^line 3: \/配: content: neither text nor null$/],
    ['{"/a": {"content": null},\n "/a/": {"content": null}}', /^line 2: \/a\/: a path must not end with \/$/],
    ['{"/a": {"content": null, "acls": [{"perms": "all"}]}}', /^line 1: \/a: acls: perms: no 32-bit number$/],
    ['{"/a": null}', /^line 1: \/a: no object$/],
    ['{\n"/a": {"content": null', /^line 2: truncated: its JSON ends too early$/],
    ['{\n"/a": {"content": null}\n; }', /^line 3: no JSON$/],
    ['{}', /^line 1: no node in it$/],
  ])('refuses %j', async (text, message) => {
    await expect(open(text)).rejects.toMatchObject({ code: 'BadExport', message: expect.stringMatching(message) });
  });
});

describe('zkui', () => {
  test('leaves, with their parents', async () => {
    const text = [
      '#App Config Dashboard (ACD) dump created on :Sat Jan 03 10:00:00 UTC 2026',
      '/appconfig/db=url=jdbc:x?a=b&c=d', '/appconfig/db=empty=', '/appconfig=lines=one\\ntwo\r', '/=top=ünï', '',
      '/appconfig/db=password=SOPA/PIPA BLACKLISTED VALUE', '',
    ].join('\n');
    expect(await open(text)).toMatchObject({ facts: { format: 'zkui', root: '/', kinds: false, acls: false } });
    expect(await recordsOf(text)).toStrictEqual([
      implied(''),
      implied('appconfig'),
      implied('appconfig/db'),
      record('appconfig/db/empty'),
      implied('appconfig/db/password'),
      record('appconfig/db/url', { data: encodeUtf8('jdbc:x?a=b&c=d') }),
      record('appconfig/lines', { data: encodeUtf8('one\ntwo') }),
      record('top', { data: encodeUtf8('ünï') }),
    ]);
  });

  test.each([
    ['/a=b=c\n-/a/b', /^line 2: a deletion/],
    ['#x\n/a=b', /^line 2: not path=name=value$/],
    ['/a=b=c\n/a=b=d', /^line 2: \/a\/b is there twice$/],
    ['/a/../b=c=d', /^line 1: \/a\/..\/b\/c: a path must not hold the name \.\.$/],
    ['# nothing\n', /^no node in it$/],
  ])('refuses %j', async (text, message) => {
    await expect(open(text)).rejects.toMatchObject({ code: 'BadExport', message: expect.stringMatching(message) });
  });
});

test.each([
  ['', /^empty$/],
  ['hello', /^line 1: neither an export of Zooscope nor one of zk_shell/],
  ['{"a": 1}\n', /^line 1: not the header of an export$/],
])('what is no export at all is refused: %j', async (text, message) => {
  await expect(open(text)).rejects.toMatchObject({ code: 'BadExport', message: expect.stringMatching(message) });
});

test('what is no UTF-8 is refused with its line', async () => {
  const bytes = Uint8Array.from([...encodeUtf8('/a=b=c\n/a=d='), 0xff, 0x0a]);
  await expect(open(bytes)).rejects.toMatchObject({ message: 'line 2: not UTF-8' });
});

test('a foreign file that is longer than the limit is refused', async () => {
  await expect(wholeText(inputOf(new Uint8Array(11), 5).chunks(), 10)).rejects.toMatchObject({ code: 'BadExport', message: expect.stringContaining('longer than 10 bytes') });
});
