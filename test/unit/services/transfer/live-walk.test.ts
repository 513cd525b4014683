/** The walk of a live subtree: its order, its beginnings in the middle, and how far it reads ahead. */

import { expect, test } from 'vitest';
import { nodeClock } from '../../../../src/platform/node-clock.ts';
import { Endpoint } from '../../../../src/services/transfer/endpoint.ts';
import { compareRelative } from '../../../../src/services/transfer/order.ts';
import { isLeft, type SourceEntry } from '../../../../src/services/transfer/source.ts';
import { LiveWalk, type WalkOptions } from '../../../../src/services/transfer/walk/live-walk.ts';
import { createCancel } from '../../../../src/services/util/cancel.ts';
import { settle } from '../fake-clock.ts';
import { FakeKeeper, keeperWith, seededRandom } from './engine-support.ts';

const ALICE = { scheme: 'digest', id: 'alice:hash' };
const OPTIONS: WalkOptions = { ephemerals: true, acl: true, data: true, within: null, kinds: null, since: null };

async function walkOf(keeper: FakeKeeper, options: Partial<WalkOptions> = {}, multiRead = true): Promise<LiveWalk> {
  const endpoint = new Endpoint(keeper.source({ ids: [ALICE], multiRead: () => Promise.resolve(multiRead) }), nodeClock, createCancel().signal);
  await endpoint.prepare();
  return new LiveWalk(endpoint, '/src', { ...OPTIONS, ...options });
}

async function entriesOf(walk: LiveWalk, after: string | null = null): Promise<SourceEntry[]> {
  const out: SourceEntry[] = [];
  for await (const batch of walk.read(after)) out.push(...batch);
  return out;
}

const paths = (entries: readonly SourceEntry[]): string[] => entries.map(({ path }) => path);

test.each([1, 2, 3, 4])('seed %i: every node once, in the one order', async (seed) => {
  const keeper = keeperWith(seed, 1_500);
  const found = paths(await entriesOf(await walkOf(keeper)));
  expect(found).toEqual([...keeper.dump('/src').keys()].sort(compareRelative));
});

test('it begins behind any node, also one that is gone', async () => {
  const keeper = keeperWith(5, 120);
  const all = [...keeper.dump('/src').keys()].sort(compareRelative);
  for (const after of [...all, ...all.map((path) => `${path === '' ? '' : `${path}/`}a9`), 'zzz', '!']) {
    const rest = all.filter((path) => compareRelative(path, after) > 0);
    expect(paths(await entriesOf(await walkOf(keeper), after)), after).toEqual(rest);
  }
});

/** Levels below one another, each with many nodes, of which the first leads on. */
function stairs(levels: number, wide: number, dataLength: number): FakeKeeper {
  const keeper = new FakeKeeper(seededRandom(8));
  let path = '/src';
  keeper.put(path);
  for (let level = 0; level < levels; level++) {
    for (let i = 0; i < wide; i++) keeper.put(`${path}/${String(i).padStart(5, '0')}`, new Uint8Array(dataLength));
    path += '/00000';
  }
  return keeper;
}

test('stairs of wide levels: what lies far off is given up and read again, and comes all the same', async () => {
  const keeper = stairs(40, 200, 10);
  const found = paths(await entriesOf(await walkOf(keeper)));
  expect(found).toEqual([...keeper.dump('/src').keys()].sort(compareRelative));
  expect(keeper.requests.get('getACL')).toBeGreaterThan(found.length);
  expect(keeper.requests.get('getACL')).toBeLessThan(found.length * 3);
});

test('of chosen nodes none is lost where what lies far off is given up', async () => {
  const keeper = stairs(40, 200, 10);
  const isChosen = (path: string): boolean => path === '' || Number(path.slice(-5)) % 3 === 0;
  const found = paths(await entriesOf(await walkOf(keeper, { within: isChosen })));
  expect(found).toEqual([...keeper.dump('/src').keys()].filter(isChosen).sort(compareRelative));
});

test('a node whose children went between two replies is marked: they are neither there nor vanished', async () => {
  for (const multiRead of [true, false]) {
    const keeper = new FakeKeeper(seededRandom(1));
    for (const path of ['/src', '/src/a', '/src/a/gone', '/src/b', '/src/b/stays']) keeper.put(path, 'v');
    const since = keeper.zxid;
    let looks = 0;
    keeper.after = (operation, path) => {
      // Its data is read with the list of its children, or before it.
      if (operation === (multiRead ? 'getACL' : 'getData') && path === '/src/a' && looks++ === 0) keeper.remove('/src/a/gone');
    };
    // Without data no later Stat tells of it.
    const entries = await entriesOf(await walkOf(keeper, { since, data: !multiRead }, multiRead));
    expect(paths(entries)).toEqual(['', 'a', 'b', 'b/stays']);
    expect(entries.filter((entry) => 'changed' in entry && entry.changed).map(({ path }) => path)).toEqual(['a']);
  }
});

test.each([[true], [false]])('it reads ahead within bounds when nobody takes what it has (multiRead: %s)', async (multiRead) => {
  const keeper = stairs(6, 3_000, 20);
  const asked = new Set<string>();
  keeper.fault = (operation, path) => {
    if (operation === 'getACL') asked.add(path);
    return null;
  };
  const stream = (await walkOf(keeper, {}, multiRead)).read(null);
  await stream.next();
  for (let i = 0; i < 400; i++) await settle();
  expect(asked.size).toBeLessThan(6_000);
  expect(asked.size).toBeGreaterThan(500);
  await stream.return(undefined);
});

test('data that is read ahead is bounded, also when it lies on many levels', async () => {
  const length = 100_000;
  const keeper = stairs(4, 400, length);
  const walk = await walkOf(keeper);
  let read = 0;
  keeper.after = (operation) => {
    if (operation === 'getData') read += length;
  };
  const fetched = new Map<string, number>();
  keeper.fault = (operation, path, session) => {
    if (operation === 'multiRead') fetched.set(path, session.load.inFlight);
    return null;
  };
  const stream = walk.read(null);
  await stream.next();
  for (let i = 0; i < 200; i++) await settle();
  // Batches of at most 256 KiB: two nodes of this size.
  expect(fetched.size * 2 * length + read).toBeLessThan(40 * 1024 * 1024);
  await stream.return(undefined);
});

test('a node larger than every bound is read when its turn comes', async () => {
  const keeper = new FakeKeeper(seededRandom(1));
  keeper.put('/src');
  for (let i = 0; i < 5; i++) keeper.put(`/src/${i}`, new Uint8Array(9 * 1024 * 1024).fill(i));
  const entries = await entriesOf(await walkOf(keeper));
  expect(entries.slice(1).map((entry) => (isLeft(entry) ? -1 : entry.data?.length))).toEqual(Array.from({ length: 5 }, () => 9 * 1024 * 1024));
});

test('nodes that vanish, are made anew or get another ACL while they are read', async () => {
  const keeper = new FakeKeeper(seededRandom(1));
  keeper.put('/src');
  for (const name of ['anew', 'gone', 'guarded', 'plain', 'set']) keeper.put(`/src/${name}`, 'v');
  const done = new Set<string>();
  keeper.after = (operation, path) => {
    if (operation !== 'getACL' || done.has(path)) return;
    done.add(path);
    if (path === '/src/gone') keeper.remove(path);
    if (path === '/src/set') keeper.set(path, new Uint8Array([1]));
    if (path === '/src/guarded') keeper.setAcl(path, [{ perms: 31, id: ALICE }]);
    if (path !== '/src/anew') return;
    keeper.remove(path);
    keeper.put(path, 'second', [{ perms: 31, id: ALICE }]);
  };
  const entries = await entriesOf(await walkOf(keeper));
  const say = (entry: SourceEntry): string =>
    isLeft(entry) ? `${entry.path} ${entry.left}` : `${entry.path} ${String(entry.changed)} ${entry.data?.length ?? 'null'} ${entry.acl?.[0]?.id.scheme ?? ''}`;
  expect(entries.map(say)).toEqual([
    ' false null world', 'anew true 6 digest', 'gone vanished', 'guarded true 1 digest', 'plain false 1 world', 'set true 1 world',
  ]);
});

test('an ensemble that goes away for good ends the walk once, however much was under way', async () => {
  const keeper = keeperWith(9, 800);
  let opened = 0;
  const source = keeper.source();
  const open = async () => {
    const session = await source.open();
    return ++opened === 1 ? session : Object.assign(session, { state: 'connecting' as const, ready: () => new Promise<void>(() => undefined) });
  };
  const endpoint = new Endpoint({ ...source, open }, nodeClock, createCancel().signal, { patienceMs: 30 });
  await endpoint.prepare();
  keeper.fault = (operation) => (operation === 'multiRead' ? 'expire' : null);
  await expect(entriesOf(new LiveWalk(endpoint, '/src', OPTIONS))).rejects.toMatchObject({ code: 'Unreachable' });
});

test('where batches end the connection, nodes are read one by one', async () => {
  const keeper = keeperWith(10, 60);
  keeper.fault = (operation) => (operation === 'multiRead' ? 'cut' : null);
  const found = paths(await entriesOf(await walkOf(keeper)));
  expect(found).toEqual([...keeper.dump('/src').keys()].sort(compareRelative));
});
