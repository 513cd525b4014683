import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeStore } from '../../../src/platform/node-store.ts';
import { removeTemporaryDirectory, temporaryDirectory } from '../../support/process-guard.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = temporaryDirectory();
  file = join(folder, 'data', 'settings.json');
});
afterEach(() => removeTemporaryDirectory(folder));

test('has nothing before the first save', async () => {
  expect(await nodeStore(file).load()).toStrictEqual({ kind: 'none' });
});

test('gives back what was saved, also to the next process', async () => {
  await nodeStore(file).save({ schema: 1, name: '节点', list: [1, null] });
  expect(await nodeStore(file).load()).toStrictEqual({ kind: 'document', value: { schema: 1, name: '节点', list: [1, null] } });
});

test('lets nobody else read it', async () => {
  await nodeStore(file).save({});
  if (process.platform !== 'win32') {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
  }
});

test('saves in the order in which it was asked, and leaves no other file', async () => {
  const store = nodeStore(file);
  await Promise.all(Array.from({ length: 20 }, (_, n) => store.save({ n })));
  expect(await store.load()).toStrictEqual({ kind: 'document', value: { n: 19 } });
  expect(readdirSync(join(folder, 'data'))).toStrictEqual(['settings.json']);
});

test('keeps the old document when a save fails, and can be used again', async () => {
  const store = nodeStore(file);
  await store.save({ n: 1 });
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  await expect(store.save(circular)).rejects.toThrow(TypeError);
  // The place of the fresh file is taken by a directory: writing it fails.
  mkdirSync(`${file}.new-${process.pid}`);
  await expect(store.save({ n: 2 })).rejects.toMatchObject({ code: 'EISDIR' });
  expect(await store.load()).toStrictEqual({ kind: 'document', value: { n: 1 } });
});

test.each([
  ['half a document', '{"schema":1,"na'],
  ['nothing', ''],
  ['bytes', '\u0000\u0001'],
])('says that %s is damaged', async (_what, text) => {
  const store = nodeStore(file);
  await store.save({});
  writeFileSync(file, text);
  expect(await store.load()).toMatchObject({ kind: 'damaged', reason: expect.stringMatching(/./) });
});

test('says that a file that cannot be read is damaged', async () => {
  mkdirSync(file, { recursive: true });
  expect(await nodeStore(file).load()).toMatchObject({ kind: 'damaged', reason: expect.stringContaining('EISDIR') });
});

test('moves a damaged file aside, each time under a new name', async () => {
  const store = nodeStore(file);
  const places: string[] = [];
  for (const text of ['first', 'second']) {
    await store.save({});
    writeFileSync(file, text);
    places.push(await store.setAside());
    expect(await store.load()).toStrictEqual({ kind: 'none' });
  }
  expect(places).toStrictEqual([`${file}-1.bad`, `${file}-2.bad`]);
  expect(places.map((place) => readFileSync(place, 'utf8'))).toStrictEqual(['first', 'second']);
});
