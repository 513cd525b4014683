/** Conversations about local sessions, for any ensemble that has them; the same lines must come of each. */

import { jute } from '../support/raw-client.ts';
import type { Places, Role } from './ensemble-places.ts';
import type { Talk } from './ensemble-talks.ts';
import { ask, open, type Talker } from './server-conversation.ts';

const [CREATE, DELETE, EXISTS, GET, SET, SYNC, MULTI, CREATE2, CREATE_TTL, EPHEMERALS, CLOSE, CREATE_CONTAINER] = [1, 2, 3, 4, 5, 9, 14, 15, 21, 103, -11, 19];
const EPHEMERAL = 1;
const EPHEMERAL_SEQUENTIAL = 3;
/** The shortest timeout that two of the tests' ticks allow. */
const SHORT_MS = 1000;

const counts = async (places: Places, role: Role, local: number, global: number): Promise<void> => {
  await places.expectFigure(role, 'zk_local_sessions', local);
  await places.expectFigure(role, 'zk_global_sessions', global);
};

/** Sees what others did. A leader answers a sync of its own clients before it has applied what its followers have. */
async function catchUp(places: Places, talker: Talker): Promise<void> {
  await places.settle();
  await talker.do(SYNC, ask.path('/'));
}

async function createdAndClosed(places: Places, role: Role, other: Role): Promise<void> {
  const talker = await places.join('a', role);
  await counts(places, role, 1, 0);
  await counts(places, other, 0, 0);
  await talker.do(CREATE, ask.create('/p', 'x'));
  await talker.do(SET, ask.setData('/p', 'y'));
  await talker.do(GET, ask.read('/p', true));
  await talker.do(MULTI, ask.multi([2, ask.delete('/p')], [1, ask.create('/q', 'z')]));
  await talker.do(EPHEMERALS, ask.path('/'));
  await counts(places, role, 1, 0);
  await talker.do(CLOSE);
  await talker.closed();
  await counts(places, role, 0, 0);
  const after = await places.join('b', other);
  await catchUp(places, after);
  await after.do(DELETE, ask.delete('/q'));
}

/** One way to ask for an ephemeral node; only some of them make a local session the ensemble's. */
const ASKED: readonly (readonly [string, number, Uint8Array])[] = [
  ['create', CREATE, ask.create('/e', 'x', EPHEMERAL)],
  ['create2', CREATE2, ask.create('/e', 'x', EPHEMERAL)],
  ['sequential', CREATE, ask.create('/e-', 'x', EPHEMERAL_SEQUENTIAL)],
  ['below nothing', CREATE, ask.create('/none/e', 'x', EPHEMERAL)],
  ['without an ACL', CREATE, ask.create('/e', 'x', EPHEMERAL, jute.vector([]))],
  ['an unknown flag', CREATE, ask.create('/e', 'x', 99)],
  ['cut off', CREATE, ask.create('/e', 'x', EPHEMERAL).subarray(0, 12)],
  ['createTTL', CREATE_TTL, ask.createTtl('/e', 5n, EPHEMERAL)],
  ['createContainer', CREATE_CONTAINER, ask.create('/e', 'x', EPHEMERAL)],
  ['multi', MULTI, ask.multi([1, ask.create('/m', 'x')], [1, ask.create('/m/e', 'x', 0)], [1, ask.create('/e', 'x', EPHEMERAL)], [2, ask.delete('/m/e')], [2, ask.delete('/m')])],
  ['multi of create2', MULTI, ask.multi([15, ask.create('/e', 'x', EPHEMERAL)])],
  ['multi that fails before', MULTI, ask.multi([2, ask.delete('/none')], [1, ask.create('/e', 'x', EPHEMERAL)])],
  ['multi that fails behind', MULTI, ask.multi([1, ask.create('/e', 'x', EPHEMERAL)], [13, ask.delete('/none', 1)])],
  ['multi without one', MULTI, ask.multi([1, ask.create('/m', 'x')], [2, ask.delete('/m')])],
  ['multi with an unknown flag', MULTI, ask.multi([1, ask.create('/m', 'x', 99)], [1, ask.create('/e', 'x', EPHEMERAL)])],
];

const asking = ([name, type, body]: (typeof ASKED)[number]): Talk => ({
  name: `an ephemeral node: ${name}`,
  async hold(places, role, other) {
    const talker = await places.join('a', role);
    await talker.do(type, body);
    await talker.do(EPHEMERALS, ask.path('/'));
    await talker.do(type, body);
    const seer = await places.join('b', other);
    await catchUp(places, seer);
    await seer.do(EXISTS, ask.read('/e'));
    const global = /zk_global_sessions (\d)/;
    await places.settle();
    places.note(`${role}: ${global.exec((await places.at(role).fourLetterWord('mntr')).replaceAll('\t', ' '))?.[0]}`);
    await talker.do(CLOSE);
    await talker.closed();
    await catchUp(places, seer);
    await seer.do(EXISTS, ask.read('/e'));
  },
});

/** What is sent behind the request that upgrades a session, before its answer. */
async function pipelined(places: Places, role: Role): Promise<void> {
  const talker = await places.join('a', role);
  const types = [CREATE, CREATE, GET, CREATE, EXISTS, CLOSE];
  const bodies = [
    ask.create('/p', 'x'), ask.create('/p/e', 'x', EPHEMERAL), ask.read('/p/e'), ask.create('/p/f', 'x', EPHEMERAL), ask.read('/p'), Buffer.alloc(0),
  ];
  types.forEach((type, at) => talker.send(type, bodies[at]));
  for (const type of types) await talker.hear(type);
  await talker.closed();
  await counts(places, role, 0, 0);
  const after = await places.join('b', role);
  await after.do(EXISTS, ask.read('/p/e'));
  await after.do(DELETE, ask.delete('/p'));
}

/** A local session is known at its own server only. */
async function comesBack(places: Places, role: Role, other: Role): Promise<void> {
  const first = await places.join('a', role);
  first.raw.destroy();
  await first.raw.closed;
  const again = await places.rejoin(first, role);
  await again.do(EXISTS, ask.read('/'));
  const elsewhere = await places.rejoin(first, other);
  await elsewhere.closed();
  await again.do(EXISTS, ask.read('/'));
  const taken = await places.rejoin(first, role);
  await again.closed();
  await taken.do(EXISTS, ask.read('/'));
}

/** Once it is the ensemble's, it can move. */
async function moves(places: Places, role: Role, other: Role): Promise<void> {
  const first = await places.join('a', role);
  await first.do(CREATE, ask.create('/e', 'x', EPHEMERAL));
  await places.settle();
  const moved = await places.rejoin(first, other);
  await moved.do(EPHEMERALS, ask.path('/'));
  first.send(SET, ask.setData('/e', 'from the old place'));
  await first.closed();
  await moved.do(SET, ask.setData('/e', 'from the new one'));
  const back = await places.rejoin(first, role);
  moved.send(CREATE2, ask.create('/f', 'x', EPHEMERAL));
  await moved.closed();
  await catchUp(places, back);
  await back.do(GET, ask.read('/e'));
  await back.do(CLOSE);
  await back.closed();
  await places.settle();
  const gone = await places.rejoin(first, other);
  await gone.closed();
}

async function wrongPassword(places: Places, role: Role): Promise<void> {
  const talker = await places.join('a', role);
  const { sessionId } = talker;
  const thief = await places.join('thief', role, { sessionId, password: Buffer.alloc(16, 7) });
  await thief.closed();
  await talker.closed();
  const again = await places.rejoin(talker, role);
  await again.do(EXISTS, ask.read('/'));
}

/** Its own server lets it expire; nothing of that is in the history. */
async function expires(places: Places, role: Role, other: Role): Promise<void> {
  const lost = await places.join('lost', role, { timeoutMs: SHORT_MS });
  const kept = await places.join('kept', role);
  await kept.do(GET, ask.read('/', true));
  lost.raw.destroy();
  await counts(places, role, 2, 0);
  await places.expectFigure(role, 'zk_local_sessions', 1);
  await places.settle();
  const back = await places.rejoin(lost, role);
  await back.closed();
  await kept.do(EXISTS, ask.read('/'));
  await counts(places, other, 0, 0);
}

/** Once it is the ensemble's, the leader lets it expire, and its nodes go with it. */
async function upgradedExpires(places: Places, role: Role, other: Role): Promise<void> {
  const lost = await places.join('lost', role, { timeoutMs: SHORT_MS });
  await lost.do(CREATE, ask.create('/e', 'x', EPHEMERAL));
  await counts(places, role, 0, 1);
  lost.raw.destroy();
  await counts(places, role, 0, 0);
  const seer = await places.join('b', other);
  await catchUp(places, seer);
  await seer.do(EXISTS, ask.read('/e'));
  await places.settle();
  const back = await places.rejoin(lost, role);
  await back.closed();
}

/** The `dump` word, with moments left out, and names, in their order, in place of ids. */
async function dumped(places: Places, role: Role): Promise<void> {
  const local = await places.join('a', role);
  const global = await places.join('b', role);
  await global.do(CREATE, ask.create('/e', 'x', EPHEMERAL, open));
  await places.settle();
  const text = await places.at(role).fourLetterWord('dump');
  const names = new Map([[local.sessionId, 'local'], [global.sessionId, 'global']]);
  const [sessions = ''] = text.split('Connections dump:');
  const shown = sessions
    .replace(/0x([0-9a-f]{5,})/g, (_, id: string) => names.get(BigInt.asIntN(64, BigInt(`0x${id}`))) ?? 'another')
    .replace(/^0 expire at .*\n/gm, '')
    .replace(/^(\d+ expire at ).*:\n((?:\t.*\n)*)/gm, (_, head: string, ids: string) => `${head}#: ${ids.split('\n').map((id) => id.trim()).sort().join(' ')}\n`)
    .replace(/Sets \(\d+\)/g, 'Sets (#)');
  for (const line of shown.trimEnd().split('\n')) places.note(line);
}

export const LOCAL_TALKS: readonly Talk[] = [
  { name: 'created, used and closed', hold: createdAndClosed },
  ...ASKED.map(asking),
  { name: 'pipelined behind an upgrade', hold: pipelined },
  { name: 'comes back, here and elsewhere', hold: comesBack },
  { name: 'a wrong password', hold: wrongPassword },
  { name: 'expires at its server', hold: expires },
  { name: 'dump', hold: dumped },
];

/** They need upgrades. */
export const UPGRADE_TALKS: readonly Talk[] = [
  { name: 'moves once upgraded', hold: moves },
  { name: 'expires at the leader once upgraded', hold: upgradedExpires },
];
