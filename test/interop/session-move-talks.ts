/** Conversations about sessions that go from server to server: taken over, come back, lost, closed, expired. */

import type { Places, Role } from './ensemble-places.ts';
import type { Talk } from './ensemble-talks.ts';
import { ask, open, type Talker } from './server-conversation.ts';

const [CREATE, DELETE, EXISTS, GET, SET, CHILDREN, SYNC, MULTI, CREATE2, EPHEMERALS, SET_WATCHES, CLOSE] = [1, 2, 3, 4, 5, 8, 9, 14, 15, 103, 101, -11];
const PING = 11;
const EPHEMERAL = 1;
/** The shortest timeout that two of the tests' ticks allow. */
const SHORT_MS = 1000;

/** Sees what others did. A leader answers a sync of its own clients before it has applied what its followers have. */
async function catchUp(places: Places, talker: Talker): Promise<void> {
  await places.settle();
  await talker.do(SYNC, ask.path('/'));
}

async function goneEverywhere(places: Places, role: Role, other: Role, path: string): Promise<void> {
  await places.expectFigure(role, 'zk_global_sessions', 0);
  await places.expectFigure(other, 'zk_global_sessions', 0);
  for (const at of [role, other]) {
    const seer = await places.join('seer', at);
    await seer.do(EXISTS, ask.read(path));
  }
}

/** A, B, and A again: whoever does not speak for the session any more is not listened to. */
async function thereAndBack(places: Places, role: Role, other: Role): Promise<void> {
  const first = await places.join('a', role);
  await first.do(CREATE, ask.create('/e', 'x', EPHEMERAL));
  await places.settle();
  const moved = await places.rejoin(first, other);
  await moved.do(GET, ask.read('/e'));
  first.send(CREATE, ask.create('/never', 'x'));
  await first.closed();
  await moved.do(MULTI, ask.multi([1, ask.create('/f', 'x', EPHEMERAL)], [5, ask.setData('/e', 'y')]));
  await places.settle();
  const back = await places.rejoin(first, role);
  await back.do(EPHEMERALS, ask.path('/'));
  moved.send(MULTI, ask.multi([1, ask.create('/never', 'x', EPHEMERAL)]));
  await moved.closed();
  await catchUp(places, back);
  await back.do(CHILDREN, ask.read('/'));
  await back.do(CLOSE);
  await back.closed();
  await goneEverywhere(places, role, other, '/f');
}

/** Each is asked over the connection that was left, which a server that has a leader does not know for reads. */
const LEFT: readonly (readonly [string, number, Uint8Array])[] = [
  ['a read', EXISTS, ask.read('/')],
  ['a ping', PING, Buffer.alloc(0)],
  ['a sync', SYNC, ask.path('/')],
  ['a watch that is set again', SET_WATCHES, ask.setWatches(0n, [], [], [])],
  ['create', CREATE, ask.create('/never', 'x')],
  ['an ephemeral node', CREATE2, ask.create('/never', 'x', EPHEMERAL)],
  ['delete', DELETE, ask.delete('/none')],
  ['setData', SET, ask.setData('/', 'x')],
  ['setACL', 7, ask.setAcl('/', open)],
  ['multi', MULTI, ask.multi([1, ask.create('/never', 'x')], [13, ask.delete('/none', 3)])],
  ['multi of nothing', MULTI, ask.multi()],
  ['what cannot be read', CREATE, Buffer.of(0, 0)],
];

const left = ([name, type, body]: (typeof LEFT)[number]): Talk => ({
  name: `over the connection that was left: ${name}`,
  async hold(places, role, other) {
    const first = await places.join('a', role);
    await places.settle();
    const moved = await places.rejoin(first, other);
    await moved.do(CREATE, ask.create('/e', 'x', EPHEMERAL));
    await places.settle();
    first.send(type, body);
    await first.hear(type);
    first.raw.destroy();
    await first.raw.closed;
    await catchUp(places, moved);
    await moved.do(CHILDREN, ask.read('/'));
  },
});

/** The end of the session is the end of whoever still holds a connection for it. */
async function closedElsewhere(places: Places, role: Role, other: Role): Promise<void> {
  const first = await places.join('a', role);
  await places.settle();
  const moved = await places.rejoin(first, other);
  await moved.do(CREATE, ask.create('/e', 'x', EPHEMERAL));
  await moved.do(CLOSE);
  await moved.closed();
  await first.closed();
  await places.settle();
  const gone = await places.rejoin(first, role);
  await gone.closed();
}

/** Closing over the connection that was left is no question of who owns the session. */
async function closedByWhoWasLeft(places: Places, role: Role, other: Role): Promise<void> {
  const first = await places.join('a', role);
  await places.settle();
  const moved = await places.rejoin(first, other);
  await moved.do(CREATE, ask.create('/e', 'x', EPHEMERAL));
  await first.do(CLOSE);
  await first.closed();
  await moved.closed();
  await goneEverywhere(places, role, other, '/e');
}

async function badPassword(places: Places, role: Role, other: Role): Promise<void> {
  const first = await places.join('a', role);
  await places.settle();
  const thief = await places.join('thief', other, { sessionId: first.sessionId, password: Buffer.alloc(16, 7) });
  await thief.closed();
  await first.do(CREATE, ask.create('/e', 'x', EPHEMERAL));
  const nobody = await places.join('nobody', other, { sessionId: 0x1234n, password: Buffer.alloc(16) });
  await nobody.closed();
}

/** The leader alone decides when: a client that is connected and silent hears nothing, and is cut off. */
async function silent(places: Places, role: Role, other: Role): Promise<void> {
  const watcher = await places.join('watcher', other);
  const quiet = await places.join('quiet', role, { timeoutMs: SHORT_MS });
  await quiet.do(CREATE, ask.create('/e', 'x', EPHEMERAL));
  await quiet.do(CREATE, ask.create('/f', 'x', EPHEMERAL));
  await catchUp(places, watcher);
  await watcher.do(EXISTS, ask.read('/e', true));
  await quiet.closed();
  await watcher.hear(-1);
  await watcher.do(CHILDREN, ask.read('/'));
  await places.settle();
  const back = await places.rejoin(quiet, other);
  await back.closed();
}

/** Kept alive by pings through a server that has a leader, for longer than its timeout. */
async function pinging(places: Places, role: Role, other: Role): Promise<void> {
  const talker = await places.join('a', role, { timeoutMs: SHORT_MS });
  await talker.do(CREATE, ask.create('/e', 'x', EPHEMERAL));
  const from = Date.now();
  while (Date.now() - from < 3 * SHORT_MS) {
    talker.send(PING, Buffer.alloc(0), -2);
    await talker.raw.readFrame();
    await new Promise((resolve) => setTimeout(resolve, SHORT_MS / 5));
  }
  const seer = await places.join('b', other);
  await catchUp(places, seer);
  await seer.do(EXISTS, ask.read('/e'));
}

/** The server dies; its client comes back elsewhere with what it had, and later stays away. */
async function serverDies(places: Places, role: Role, other: Role): Promise<void> {
  if (role === 'leader') return;
  const first = await places.join('a', role, { timeoutMs: 4000 });
  await first.do(CREATE, ask.create('/e', 'x', EPHEMERAL));
  await first.do(GET, ask.read('/e', true));
  const watcher = await places.join('watcher', other);
  await catchUp(places, watcher);
  await places.at(role).kill();
  await first.raw.closed;
  const back = await places.rejoin(first, other, { timeoutMs: SHORT_MS });
  await back.do(SET_WATCHES, ask.setWatches(first.lastZxid, ['/e'], [], []));
  await watcher.do(SET, ask.setData('/e', 'y'));
  await back.hear(-1);
  await back.do(MULTI, ask.multi([1, ask.create('/f', 'x', EPHEMERAL)], [2, ask.delete('/e')]));
  await watcher.do(EXISTS, ask.read('/f', true));
  back.raw.destroy();
  await watcher.hear(-1);
  await watcher.do(CHILDREN, ask.read('/'));
  await places.at(role).start();
  await places.at(role).waitServing();
  await places.settle();
  const late = await places.rejoin(back, role);
  await late.closed();
}

/** A new timeout may be asked for at every server. */
async function newTimeout(places: Places, role: Role, other: Role): Promise<void> {
  const first = await places.join('a', role);
  await places.settle();
  const moved = await places.rejoin(first, other, { timeoutMs: SHORT_MS });
  await moved.do(EXISTS, ask.read('/'));
  const longer = await places.rejoin(moved, role, { timeoutMs: 1_000_000 });
  await longer.do(EXISTS, ask.read('/'));
}

export const MOVE_TALKS: readonly Talk[] = [
  { name: 'there and back', hold: thereAndBack },
  ...LEFT.map(left),
  { name: 'closed elsewhere', hold: closedElsewhere },
  { name: 'closed by who was left', hold: closedByWhoWasLeft },
  { name: 'a wrong password', hold: badPassword },
  { name: 'silent', hold: silent },
  { name: 'pinging', hold: pinging },
  { name: 'another timeout', hold: newTimeout },
  { name: 'the server dies', hold: serverDies },
];
