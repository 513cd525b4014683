/** The judges of histories: they pass sound ones and catch planted faults. */

import { describe, expect, test } from 'vitest';
import { below, seededRandom, type Random } from '../../src/base/random.ts';
import { explainHistory, type Action, type Operation, type Register } from '../support/history/linearise.ts';
import { complainOfOrder, type Answered } from '../support/history/orders.ts';
import { complainOfPresence, type Listing } from '../support/history/presence.ts';

const START: Register = { version: 0, value: 'start' };

const op = (client: string, calledMs: number, answeredMs: number, action: Action): Operation => ({ client, calledMs, answeredMs, action });
const wrote = (value: string, version: number, expects: number | null = null): Action => ({ kind: 'write', value, expects, outcome: { kind: 'written', version } });
const refused = (value: string, expects: number): Action => ({ kind: 'write', value, expects, outcome: { kind: 'badVersion' } });
const perhaps = (value: string, expects: number | null = null): Action => ({ kind: 'write', value, expects, outcome: { kind: 'unknown' } });
const saw = (version: number, value: string): Action => ({ kind: 'read', saw: { version, value } });

describe('sound histories', () => {
  test.each<readonly [string, readonly Operation[]]>([
    ['one after the other', [op('a', 0, 1, wrote('x', 1)), op('b', 2, 3, saw(1, 'x')), op('b', 4, 5, wrote('y', 2, 1)), op('a', 6, 7, refused('z', 1))]],
    ['overlapping, answered the other way round', [op('a', 0, 10, wrote('x', 2)), op('b', 1, 9, wrote('y', 1)), op('c', 11, 12, saw(2, 'x'))]],
    ['a read beside a write sees either', [op('a', 0, 10, wrote('x', 1)), op('b', 1, 2, saw(0, 'start')), op('b', 3, 4, saw(1, 'x'))]],
    ['a lost connection: it took effect', [op('a', 0, Infinity, perhaps('x')), op('b', 5, 6, saw(1, 'x'))]],
    ['a lost connection: it did not', [op('a', 0, Infinity, perhaps('x')), op('b', 5, 6, saw(0, 'start'))]],
    ['a lost connection: it took effect late', [op('a', 0, Infinity, perhaps('x')), op('b', 5, 6, saw(0, 'start')), op('b', 7, 8, saw(1, 'x'))]],
    ['two that nobody saw, and a version that shows one of them', [
      op('a', 0, Infinity, perhaps('x')), op('b', 1, Infinity, perhaps('y')), op('c', 5, 6, wrote('z', 2)), op('c', 7, 8, saw(2, 'z')),
    ]],
  ])('%s', (_name, history) => {
    expect(explainHistory(START, history)).toBeNull();
  });
});

describe('planted faults', () => {
  test.each<readonly [string, readonly Operation[]]>([
    ['a stale read behind a sync', [op('a', 0, 1, wrote('x', 1)), op('b', 2, 3, saw(0, 'start'))]],
    ['a read that goes back', [op('a', 0, 10, wrote('x', 1)), op('b', 1, 2, saw(1, 'x')), op('c', 3, 4, saw(0, 'start'))]],
    ['a lost write', [op('a', 0, 1, wrote('x', 1)), op('b', 2, 3, wrote('y', 1))]],
    ['a lost write, told by a later read', [op('a', 0, 1, wrote('x', 1)), op('b', 2, 3, wrote('y', 2)), op('c', 4, 5, saw(1, 'x'))]],
    ['writes in another order than the clock', [op('a', 0, 1, wrote('x', 2)), op('b', 2, 3, wrote('y', 1))]],
    ['one write twice', [op('a', 0, 1, wrote('x', 1)), op('b', 2, 3, saw(2, 'x'))]],
    ['an unknown write twice', [op('a', 0, Infinity, perhaps('x')), op('b', 2, 3, saw(1, 'x')), op('b', 4, 5, saw(2, 'x'))]],
    ['a value that nobody wrote', [op('b', 2, 3, saw(1, 'ghost'))]],
    ['an unknown write before it was called', [op('b', 0, 1, saw(1, 'x')), op('a', 2, Infinity, perhaps('x'))]],
    ['a conditional write over another version', [op('a', 0, 1, wrote('x', 1)), op('b', 2, 3, wrote('y', 2, 0))]],
    ['a refusal though the version was right', [op('a', 0, 1, wrote('x', 1)), op('b', 2, 3, refused('y', 1))]],
    ['an unknown conditional write that could not take effect', [op('a', 0, 1, wrote('x', 1)), op('b', 2, Infinity, perhaps('y', 0)), op('c', 4, 5, saw(2, 'y'))]],
  ])('%s', (_name, history) => {
    expect(explainHistory(START, history)).toMatch(/none of these can be next/);
  });
});

/** A history that a single copy made, by chance: answers come late, some never. */
function history(random: Random, length: number): Operation[] {
  const operations: Operation[] = [];
  let state = START;
  for (let at = 1; at <= length; at++) {
    const nowMs = at * 10;
    const span = (): number => below(random, 60);
    const [calledMs, answeredMs] = [nowMs - span(), nowMs + span()];
    const client = `c${at % 6}`;
    const value = `v${at}`;
    const dice = below(random, 10);
    if (dice < 4) {
      operations.push(op(client, calledMs, answeredMs, saw(state.version, state.value)));
    } else if (dice === 4) {
      operations.push(op(client, calledMs, answeredMs, refused(value, state.version + 1)));
    } else if (dice === 5) {
      operations.push(op(client, calledMs, Infinity, perhaps(value)));
      if (below(random, 2) === 0) state = { version: state.version + 1, value };
    } else {
      state = { version: state.version + 1, value };
      operations.push(op(client, calledMs, answeredMs, wrote(value, state.version, below(random, 2) === 0 ? null : state.version - 1)));
    }
  }
  return operations;
}

test('long histories by chance are passed, and each with one stale read is caught', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const operations = history(seededRandom(seed), 400);
    expect(explainHistory(START, operations), `seed ${seed}`).toBeNull();
    const early = operations.find(({ action }) => action.kind === 'read');
    if (early === undefined) throw new Error('no read');
    expect(explainHistory(START, [...operations, { ...early, calledMs: 4500, answeredMs: 4501 }]), `seed ${seed}`).not.toBeNull();
  }
});

/** Tries every order. */
function hasOrder(state: Register, left: readonly Operation[]): boolean {
  if (left.every(({ answeredMs }) => answeredMs === Infinity)) return true;
  const deadlineMs = Math.min(...left.map(({ answeredMs }) => answeredMs));
  return left.some((one) => {
    if (one.calledMs > deadlineMs) return false;
    const next = after(state, one.action);
    return next !== null && hasOrder(next, left.filter((other) => other !== one));
  });
}

function after({ version, value }: Register, action: Action): Register | null {
  if (action.kind === 'read') return action.saw.version === version && action.saw.value === value ? { version, value } : null;
  const { expects, outcome } = action;
  const takesEffect = expects === null || expects === version;
  if (outcome.kind === 'badVersion') return takesEffect ? null : { version, value };
  const agrees = outcome.kind === 'unknown' || outcome.version === version + 1;
  return takesEffect && agrees ? { version: version + 1, value: action.value } : null;
}

/** One time or version of it changed. */
function spoilt(random: Random, operations: readonly Operation[]): Operation[] {
  const at = below(random, operations.length);
  return operations.map((one, index) => {
    if (index !== at) return one;
    const { action } = one;
    const shift = below(random, 3) - 1;
    if (action.kind === 'read') return { ...one, action: { kind: 'read', saw: { ...action.saw, version: action.saw.version + shift } } };
    if (action.outcome.kind === 'written') return { ...one, action: { ...action, outcome: { kind: 'written', version: action.outcome.version + shift } } };
    return { ...one, calledMs: one.calledMs + 30 * shift };
  });
}

test('short histories, sound and spoilt, are judged as by trying every order', () => {
  const verdicts = { sound: 0, spoilt: 0 };
  for (let seed = 1; seed <= 3000; seed++) {
    const random = seededRandom(seed);
    const operations = spoilt(random, history(random, 7));
    const sound = hasOrder(START, operations);
    expect(explainHistory(START, operations) === null, `seed ${seed}`).toBe(sound);
    verdicts[sound ? 'sound' : 'spoilt']++;
  }
  expect(Math.min(verdicts.sound, verdicts.spoilt)).toBeGreaterThan(300);
});

describe('the order over all nodes', () => {
  const answer = (client: string, calledMs: number, answeredMs: number, zxid: bigint, kind: Answered['kind'], version: number, path = '/a'): Answered =>
    ({ client, calledMs, answeredMs, zxid, kind, version, path });

  test('a sound one has no complaint', () => {
    expect(complainOfOrder([
      answer('a', 0, 1, 1n, 'write', 1), answer('b', 2, 3, 2n, 'write', 1, '/b'), answer('a', 4, 5, 2n, 'syncedRead', 1), answer('c', 4, 5, 0n, 'read', 0),
    ])).toEqual([]);
  });

  test.each<readonly [string, RegExp, readonly Answered[]]>([
    ['a read behind a sync from before an acknowledged write of another node', /called after/, [answer('a', 0, 1, 5n, 'write', 1, '/b'), answer('b', 2, 3, 4n, 'syncedRead', 0)]],
    ['a write that is ordered before one that was acknowledged', /called after/, [answer('a', 0, 1, 5n, 'write', 1, '/b'), answer('b', 2, 3, 4n, 'write', 1)]],
    ['one transaction acknowledged to two', /are the same/, [answer('a', 0, 5, 4n, 'write', 1, '/b'), answer('b', 2, 3, 4n, 'write', 1)]],
    ['one version made twice', /are the same/, [answer('a', 0, 5, 4n, 'write', 1), answer('b', 2, 3, 5n, 'write', 1)]],
    ['a client that goes back in time', /an older state/, [answer('a', 0, 1, 4n, 'read', 0), answer('a', 2, 3, 3n, 'read', 0, '/b')]],
    ['a client that does not see its own write', /an older version/, [answer('a', 0, 1, 4n, 'write', 3), answer('a', 2, 3, 4n, 'read', 2)]],
  ])('%s', (_name, complaint, answers) => {
    expect(complainOfOrder(answers).join()).toMatch(complaint);
  });
});

describe('ephemerals', () => {
  const listing = (at: number, ...names: string[]): Listing => ({ calledMs: at, answeredMs: at + 1, names: new Set(names) });

  test('there while the session lives, gone once', () => {
    const one = { name: 'e', createdMs: 5, aliveMs: 20 };
    expect(complainOfPresence([one], [listing(0), listing(6, 'e'), listing(18, 'e'), listing(30, 'e'), listing(40), listing(50)])).toEqual([]);
    expect(complainOfPresence([one], [listing(6, 'e'), listing(30), listing(40, 'e')])).toEqual([expect.stringContaining('is there again')]);
    expect(complainOfPresence([one], [listing(6, 'e'), listing(12), listing(30)])).toEqual([expect.stringContaining('its session lives')]);
  });
});
