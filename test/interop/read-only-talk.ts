/**
 * What a read-only server is asked: every operation, sessions that come back, four-letter words. One script, whose
 * lines Apache's minority and ours must give alike.
 */

import { ask, open, type Room, type Talker } from './server-conversation.ts';
import { jute } from '../support/raw-client.ts';

const WRITES: readonly (readonly [string, number, Uint8Array])[] = [
  ['create', 1, ask.create('/new', 'x')],
  ['create, ephemeral', 1, ask.create('/new', 'x', 1)],
  ['create without a body', 1, Buffer.alloc(0)],
  ['delete', 2, ask.delete('/r/a')],
  ['setData', 5, ask.setData('/r/a', 'y')],
  ['setACL', 7, ask.setAcl('/r/a', open)],
  ['sync', 9, ask.path('/r')],
  ['check', 13, ask.pathInt('/r/a', 0)],
  ['multi', 14, ask.multi([5, ask.setData('/r/a', 'y')])],
  ['multi that only checks', 14, ask.multi([13, ask.pathInt('/r/a', 0)])],
  ['create2', 15, ask.create('/new', 'x')],
  ['reconfig', 16, Buffer.concat([jute.string(null), jute.string(null), jute.string(null), jute.long(-1n)])],
  ['createContainer', 19, ask.create('/new', 'x', 4)],
  ['deleteContainer', 20, ask.path('/r/a')],
  ['createTTL', 21, ask.createTtl('/new', 1000n)],
];

const READS: readonly (readonly [string, number, Uint8Array])[] = [
  ['exists', 3, ask.read('/r/a', true)],
  ['exists of nothing', 3, ask.read('/new', true)],
  ['getData', 4, ask.read('/r/a', true)],
  ['getData of nothing', 4, ask.read('/new')],
  ['getACL', 6, ask.path('/r/a')],
  ['getChildren', 8, ask.read('/r', true)],
  ['getChildren2', 12, ask.read('/r', true)],
  ['ping', 11, Buffer.alloc(0)],
  ['checkWatches', 17, ask.pathInt('/r', 1)],
  ['removeWatches', 18, ask.pathInt('/r', 1)],
  ['removeWatches again', 18, ask.pathInt('/r', 1)],
  ['multiRead', 22, ask.multi([4, ask.read('/r/a')], [8, ask.read('/r')], [4, ask.read('/none')])],
  ['setWatches', 101, ask.setWatches(0n, ['/r/a'], ['/r/a'], ['/none'])],
  ['getEphemerals', 103, ask.path('/')],
  ['getAllChildrenNumber', 104, ask.path('/r')],
  ['setWatches2', 105, ask.setWatches(1n << 40n, ['/r/a'], [], [], ['/r'], ['/r/b'])],
  ['addWatch', 106, ask.pathInt('/r', 0)],
  ['whoAmI', 107, Buffer.alloc(0)],
];

/** A session in which everything is asked. */
export async function askEverything(room: Room): Promise<void> {
  const talker = await room.join('reader', { readOnly: true });
  for (const [name, type, body] of [...WRITES, ...READS]) {
    talker.note(name);
    await talker.do(type, body, type === 11 ? -2 : undefined);
  }
  talker.note('auth');
  await talker.do(100, ask.auth('digest', 'bob:bobsecret'), -4);
  await talker.do(107);
  talker.note('close');
  await talker.do(-11);
  await talker.closed();
}

/** Clients that are not taken. */
export async function knock(room: Room, lastZxid: bigint): Promise<void> {
  await tryToJoin(room, 'not read-only', { readOnly: false });
  await tryToJoin(room, 'from before read-only mode', { readOnly: 'omit' });
  await tryToJoin(room, 'ahead', { readOnly: true, lastZxidSeen: lastZxid + 1n });
  await tryToJoin(room, 'level', { readOnly: true, lastZxidSeen: lastZxid });
  await tryToJoin(room, 'unknown session', { readOnly: true, sessionId: 0x1234n });
}

/** A read-only server's own session: taken up again, by another connection too, with a wrong password, after its end. */
export async function comeBack(room: Room): Promise<void> {
  const first = await room.join('first', { readOnly: true, timeoutMs: 4_000 });
  const { sessionId, password } = first;
  const second = await room.join('second', { readOnly: true, sessionId, password });
  await first.closed();
  await second.do(4, ask.read('/r/a'));
  const thief = await room.join('thief', { readOnly: true, sessionId, password: Buffer.alloc(16, 1) });
  await thief.closed();
  await second.closed();
  const third = await room.join('third', { readOnly: true, sessionId, password });
  await third.do(-11);
  await third.closed();
  const late = await room.join('late', { readOnly: true, sessionId, password });
  await late.closed();
}

/** A read-only server's session means nothing to the ensemble. */
export async function goneWithQuorum(room: Room, { sessionId, password }: Talker): Promise<void> {
  const again = await room.join('reader', { readOnly: true, sessionId, password });
  await again.closed();
}

async function tryToJoin(room: Room, name: string, options: Parameters<Talker['connect']>[0]): Promise<void> {
  const talker = await room.enter(name);
  if ((await talker.connect(options)) && talker.sessionId === 0n) await talker.closed();
}
