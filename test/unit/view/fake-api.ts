/** An Api whose answers a test writes down, and whose events a test sends. */

import { ApiError, type Api } from '../../../src/view/api/client.ts';
import type { CommandName, EventName, EventPayload, Params, Result } from '../../../src/contract/contract.ts';
import type { Failure } from '../../../src/contract/shapes.ts';
import type { NodeValue } from '../../../src/contract/nodes.ts';

type Answer = (params: never, signal: AbortSignal | undefined) => unknown;

export interface FakeApi extends Api {
  answer<N extends CommandName>(name: N, answer: (params: Params<N>, signal: AbortSignal | undefined) => Result<N> | Promise<Result<N>>): void;
  send<N extends EventName>(name: N, payload: EventPayload<N>): void;
  readonly calls: readonly { readonly name: string; readonly params: unknown }[];
  relink(): void;
}

export function fakeApi(): FakeApi {
  const answers = new Map<string, Answer>();
  const listeners = new Map<string, ((payload: never) => void)[]>();
  const linkListeners: ((state: Api['linkState']) => void)[] = [];
  const calls: { name: string; params: unknown }[] = [];
  return {
    calls,
    linkState: { kind: 'open', reason: null, opened: 1, retryAtMs: null },
    answer: (name, answer) => void answers.set(name, answer as Answer),
    send(name, payload) {
      for (const listener of listeners.get(name) ?? []) listener(payload as never);
    },
    async call(name, params, options) {
      calls.push({ name, params });
      const answer = answers.get(name);
      if (answer === undefined) throw failed('NotAnswered', `no answer for ${name}`);
      return (await answer(params as never, options?.signal)) as never;
    },
    on(event, listener) {
      listeners.set(event, [...(listeners.get(event) ?? []), listener as (payload: never) => void]);
      return () => undefined;
    },
    onLinkState(listener) {
      linkListeners.push(listener);
      return () => undefined;
    },
    relink() {
      for (const listener of linkListeners) listener({ kind: 'open', reason: null, opened: 2, retryAtMs: null });
    },
    reconnect: () => undefined,
    close: () => undefined,
  };
}

export function failed(code: string, message = code, kind: Failure['kind'] = 'answer'): ApiError {
  return new ApiError({ kind, code, message, layer: 'node', hint: null, path: null, retrySafe: true });
}

/** A value read from a server. */
export function valueOf(text: string | null, version: number, more: { readonly mzxid?: bigint; readonly path?: string } = {}): NodeValue {
  const data = text === null ? null : new TextEncoder().encode(text);
  const mzxid = more.mzxid ?? 100n + BigInt(version);
  return {
    path: more.path ?? '/a',
    data,
    stat: {
      czxid: 100n, mzxid, ctime: 0n, mtime: 0n, version, cversion: 0, aversion: 0, ephemeralOwner: 0n,
      dataLength: data?.length ?? 0, numChildren: 0, pzxid: 100n,
    },
    read: { server: 'a:2181', zxid: mzxid, atMs: 1000 },
  };
}

export const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** Lets everything that is ready to go on go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}
