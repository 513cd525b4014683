/** One body of tests over every way from a view to the host. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LogLevel } from '../../src/base/logger.ts';
import { ApiError, createApi, type Api } from '../../src/view/api/client.ts';
import { carriers, type Carrier, type View } from './carriers.ts';
import { FAILURE, fakeDoors, type FakeDoors } from './fake-door.ts';

/** The commands of the fake door are not in the contract. */
type AnyCall = (name: string, params: unknown, options?: { signal?: AbortSignal }) => Promise<unknown>;
type AnyOn = (name: string, listener: (payload: unknown) => void) => () => void;

const BIG_BYTES = 20 * 1024 * 1024;

const VALUES: Readonly<Record<string, unknown>> = {
  ids: { sessionId: 0x1000_0000_0000_0001n, negative: -1n, zero: 0n, highest: 0x7fff_ffff_ffff_ffffn, count: 4_294_967_296 },
  bytes: { empty: new Uint8Array(0), some: Uint8Array.of(0, 1, 254, 255), none: null },
  optional: { absent: undefined, nothing: null, given: 'x' },
  nothing: undefined,
  null: null,
  text: '节点 \u{1f98a} \0 end',
  numbers: [0, -1, 1.5, -2_147_483_649, Number.MAX_SAFE_INTEGER],
  big: patterned(BIG_BYTES),
  // A slice in the middle of a larger buffer, as a reply's data is.
  slice: new Uint8Array(new ArrayBuffer(1_000), 400, 3),
  buffer: Buffer.from('bytes of a socket'),
};

function patterned(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31) & 0xff;
  return bytes;
}

describe.each(carriers)('$name', (kind) => {
  let door: FakeDoors;
  let carrier: Carrier;
  let logged: [LogLevel, string][];

  const openApi = async (): Promise<{ api: Api; call: AnyCall; on: AnyOn; view: View }> => {
    const view = await carrier.openView();
    const api = createApi(view.link);
    return { api, call: api.call as unknown as AnyCall, on: api.on as unknown as AnyOn, view };
  };
  const failureOf = async (promise: Promise<unknown>): Promise<ApiError> => {
    const error: unknown = await promise.then(
      (value) => expect.fail(`resolved with ${String(value)}`),
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ApiError);
    return error as ApiError;
  };

  beforeEach(async () => {
    door = fakeDoors(VALUES);
    logged = [];
    carrier = await kind.start(door.open, { log: (level, message) => logged.push([level, message]) });
  });
  afterEach(() => carrier.close());

  test.each(['ids', 'bytes', 'text', 'numbers', 'null', 'nothing'])('brings %s back as they were', async (key) => {
    const { call } = await openApi();
    expect(await call('value', { key })).toStrictEqual(VALUES[key]);
  });

  test('takes ids, bytes, null and text there and back', async () => {
    const { call } = await openApi();
    const params = { id: -1n, data: Uint8Array.of(1, 2), none: null, text: 'ä', list: [{ zxid: 0x3_0000_0001n }] };
    expect(await call('echo', params)).toStrictEqual(params);
  });

  test('tells a member that is absent from one that is null', async () => {
    const { call } = await openApi();
    const back = (await call('value', { key: 'optional' })) as Record<string, unknown>;
    expect(back['absent']).toBeUndefined();
    expect(back['nothing']).toBeNull();
    const there = (await call('echo', { secret: undefined, other: null })) as Record<string, unknown>;
    expect(there['secret']).toBeUndefined();
    expect(there['other']).toBeNull();
  });

  test.each(['slice', 'buffer'])('gives bytes of a larger buffer as plain bytes of their own: %s', async (key) => {
    const { call } = await openApi();
    const value = (await call('value', { key })) as Uint8Array;
    expect(Object.getPrototypeOf(value)).toBe(Uint8Array.prototype);
    expect(value.buffer.byteLength).toBe(value.byteLength);
    expect([...value]).toStrictEqual([...(VALUES[key] as Uint8Array)]);
  });

  test('gives each value memory of its own', async () => {
    const { call } = await openApi();
    const first = (await call('value', { key: 'bytes' })) as { some: Uint8Array };
    first.some[0] = 99;
    const second = (await call('value', { key: 'bytes' })) as { some: Uint8Array };
    expect([...second.some]).toStrictEqual([0, 1, 254, 255]);
  });

  test('brings 20 MB of bytes whole', async () => {
    const { call } = await openApi();
    const value = (await call('value', { key: 'big' })) as Uint8Array;
    expect(value.length).toBe(BIG_BYTES);
    expect(Buffer.compare(value, VALUES['big'] as Uint8Array)).toBe(0);
  });

  test('brings a failure whole', async () => {
    const { call } = await openApi();
    const error = await failureOf(call('fail', {}));
    expect(error.failure).toStrictEqual(FAILURE);
    expect(error.message).toBe(FAILURE.message);
  });

  test('turns an exception of the dispatcher into a bug that says so', async () => {
    const { call } = await openApi();
    const { failure } = await failureOf(call('throw', {}));
    expect(failure).toMatchObject({ kind: 'bug', code: 'Bug', message: 'a bug of the dispatcher', hint: 'hint.report' });
    expect(await call('echo', 1)).toBe(1);
  });

  test('refuses to send what is no data', async () => {
    const { call } = await openApi();
    const { failure } = await failureOf(call('echo', { fn: () => 1 }));
    expect(failure.kind).toBe('bug');
    expect(door.commands).toStrictEqual([]);
  });

  test('takes reactive proxies as the data behind them', async () => {
    const { call } = await openApi();
    const proxy = new Proxy({ path: '/a', list: new Proxy([1, 2], {}) }, {});
    expect(await call('echo', proxy)).toStrictEqual({ path: '/a', list: [1, 2] });
  });

  test('cancels a running call', async () => {
    const { call } = await openApi();
    const abort = new AbortController();
    const waiting = failureOf(call('wait', {}, { signal: abort.signal }));
    await vi.waitFor(() => expect(door.running.size).toBe(1));
    abort.abort();
    expect((await waiting).failure.kind).toBe('cancelled');
    expect(door.running.size).toBe(0);
  });

  test('does not send a call that was cancelled before', async () => {
    const { call } = await openApi();
    const { failure } = await failureOf(call('wait', {}, { signal: AbortSignal.abort() }));
    expect(failure).toMatchObject({ kind: 'cancelled', retrySafe: true });
    await call('echo', 1);
    expect(door.commands).toStrictEqual(['echo']);
  });

  test('answers many calls at once, each with its own value', async () => {
    const { call } = await openApi();
    const numbers = Array.from({ length: 200 }, (_, i) => i);
    expect(await Promise.all(numbers.map((n) => call('echo', { n })))).toStrictEqual(numbers.map((n) => ({ n })));
  });

  test('brings events in order, and before an answer that was sent after them', async () => {
    const { call, on } = await openApi();
    const seen: unknown[] = [];
    on('tick', (payload) => seen.push(payload));
    const after = call('after', {}).then(() => [...seen]);
    await vi.waitFor(() => expect(door.running.size).toBe(1));
    for (let n = 1n; n <= 100n; n++) door.emit('tick', n);
    const seenBefore = await after;
    // The call was answered at the first tick; only that one has to be there by then.
    expect(seenBefore[0]).toBe(1n);
    await vi.waitFor(() => expect(seen).toHaveLength(100));
    expect(seen).toStrictEqual(Array.from({ length: 100 }, (_, i) => BigInt(i + 1)));
  });

  test('tells every view, and none after it stopped listening', async () => {
    const one = await openApi();
    const other = await openApi();
    const seen: string[] = [];
    const stop = one.on('tick', () => seen.push('one'));
    other.on('tick', () => seen.push('other'));
    await Promise.all([one.call('echo', 1), other.call('echo', 1)]);
    door.emit('tick', null);
    await vi.waitFor(() => expect(seen.toSorted()).toStrictEqual(['one', 'other']));
    stop();
    door.emit('tick', null);
    await vi.waitFor(() => expect(seen).toHaveLength(3));
    await one.call('echo', 1);
    expect(seen.filter((name) => name === 'one')).toHaveLength(1);
  });

  test('ends what a view had running when the view goes', async () => {
    const { call, view } = await openApi();
    void call('wait', {}).catch(() => undefined);
    void call('wait', {}).catch(() => undefined);
    await vi.waitFor(() => expect(door.running.size).toBe(2));
    view.cut();
    await vi.waitFor(() => expect(door.running.size).toBe(0));
    expect(door.cancelled).toHaveLength(2);
  });

  test('lets no view cancel the call of another, though both name it alike', async () => {
    const one = await openApi();
    const other = await openApi();
    const abort = new AbortController();
    void one.call('wait', {}).catch(() => undefined);
    await vi.waitFor(() => expect(door.running.size).toBe(1));
    const [ofOne] = door.running;
    const waiting = failureOf(other.call('wait', {}, { signal: abort.signal }));
    await vi.waitFor(() => expect(door.running.size).toBe(2));
    abort.abort();
    await waiting;
    expect(door.cancelled).not.toContain(ofOne);
    expect([...door.running]).toStrictEqual([ofOne]);
  });

  test.each([
    ['nothing', null],
    ['text', 'hello'],
    ['another function', { t: 'q', m: 'toString', a: [], i: '1' }],
    ['a function of the constructor', { t: 'q', m: 'constructor', a: ['x'], i: '1' }],
    ['an answer nobody asked for', { t: 's', i: '1', r: 1 }],
    ['too few arguments', { t: 'q', m: 'call', a: ['c1'], i: '1' }],
    ['a call id that is no text', { t: 'q', m: 'call', a: [7, 'echo', {}], i: '1' }],
    ['a call id without end', { t: 'q', m: 'call', a: ['x'.repeat(1_000), 'echo', {}], i: '1' }],
    ['more than was asked for', { t: 'q', m: 'call', a: ['c1', 'echo', {}], i: '1', o: true }],
  ])('ends a view that sends %s, and no other', async (_what, frame) => {
    const bad = await openApi();
    const good = await openApi();
    await Promise.all([bad.call('echo', 1), good.call('echo', 1)]);
    const waiting = failureOf(bad.call('wait', {}));
    await vi.waitFor(() => expect(door.running.size).toBe(1));
    bad.view.sendRaw(frame);
    expect((await waiting).failure).toMatchObject({ kind: 'weather', code: 'ConnectionLost' });
    await vi.waitFor(() => expect(door.running.size).toBe(0));
    expect(await good.call('echo', 2)).toBe(2);
    expect(logged.filter(([level]) => level === 'warn')).toHaveLength(1);
    expect(door.commands.filter((command) => command === 'wait')).toHaveLength(1);
  });

  test('rejects what is pending when its own side closes, and every call after that', async () => {
    const { api, call } = await openApi();
    await call('echo', 1);
    const waiting = failureOf(call('wait', {}));
    await vi.waitFor(() => expect(door.running.size).toBe(1));
    api.close();
    expect((await waiting).failure).toMatchObject({ kind: 'weather', code: 'ConnectionLost', retrySafe: false });
    const { failure } = await failureOf(call('echo', 1));
    expect(failure).toMatchObject({ kind: 'weather', code: 'ConnectionLost', retrySafe: true, hint: 'hint.appLost' });
    expect(api.linkState.kind).toBe('closed');
  });
});
