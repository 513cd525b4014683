/**
 * The one door between views and services: contract x services. In: a command's name and unknown params. Out: a
 * result or a failure, whole, as a value. Must hold: nothing reaches a service before its params are checked and the
 * connection's guard has allowed it; whatever is thrown behind the door comes out as a Failure.
 */

import * as v from 'valibot';
import { COMMANDS, type CommandName, type Params } from '../contract/contract.ts';
import type { Command } from '../contract/define.ts';
import type { Failure } from '../contract/shapes.ts';
import type { CallOutcome } from '../contract/wire-api.ts';
import type { Caller, CallContext, Handler } from '../services/context.ts';
import { makeFailure, toFailure } from '../services/failure.ts';
import type { Services } from '../services/services.ts';

/** Calls of one view that may run at once; one more is refused. */
export const CALLS_AT_ONCE_MAX = 1_000;

export interface Dispatcher {
  /** Never rejects. */
  call(callId: string, command: string, params: unknown): Promise<CallOutcome>;
  /** Cancels a running call; one that has ended, or never was, is ignored. */
  cancel(callId: string): void;
  /** @returns stops listening */
  onEvent(listener: (name: string, payload: unknown) => void): () => void;
  /** Cancels what runs, ends what was kept going for this view, and stops its events. */
  close(): void;
}

export interface DispatcherOptions {
  readonly callsAtOnceMax?: number;
}

/** A door for one view (or for several that share it: they are one caller then, for what lasts as long as a view). */
export function createDispatcher(services: Services, options: DispatcherOptions = {}): Dispatcher {
  const callsAtOnceMax = options.callsAtOnceMax ?? CALLS_AT_ONCE_MAX;
  const running = new Map<string, AbortController>();
  const stopListening = new Set<() => void>();
  const { caller, gone } = createCaller();
  let closed = false;

  const refuse = (callId: string): Failure | null => {
    if (closed) return makeFailure('cancelled', 'Cancelled', 'the view has gone');
    if (running.has(callId)) return makeFailure('usage', 'DuplicateCall', `call ${callId} is already running`);
    if (running.size >= callsAtOnceMax) {
      return makeFailure('denied', 'TooManyCalls', `${running.size} calls are running already`);
    }
    return null;
  };
  return {
    async call(callId, name, params) {
      const refused = refuse(callId) ?? authorise(services, name, params);
      if (refused !== null) return { ok: false, failure: refused };
      const abort = new AbortController();
      running.set(callId, abort);
      try {
        return await carryOut(services, name as CommandName, params, { signal: abort.signal, caller });
      } finally {
        running.delete(callId);
      }
    },
    cancel: (callId) => running.get(callId)?.abort(),
    onEvent(listener) {
      const stop = services.events.on(({ name, payload }) => listener(name, payload));
      stopListening.add(stop);
      return () => {
        stopListening.delete(stop);
        stop();
      };
    },
    close() {
      closed = true;
      for (const stop of stopListening) stop();
      for (const abort of running.values()) abort.abort();
      gone();
    },
  };
}

/** Why a call is not let through, or null. Reads nothing of the params but the id of the connection. */
function authorise(services: Services, name: string, params: unknown): Failure | null {
  if (!Object.hasOwn(COMMANDS, name)) return makeFailure('usage', 'UnknownCommand', `there is no command ${name}`);
  const { access } = COMMANDS[name as CommandName];
  if (access !== 'write') return null;
  const connectionId = connectionIdOf(params);
  if (connectionId === null) return makeFailure('usage', 'InvalidParams', 'connectionId: a write names its connection');
  const guard = services.guard(connectionId);
  if (guard === null) return makeFailure('usage', 'UnknownConnection', `there is no open connection ${connectionId}`);
  if (!guard.readOnly) return null;
  return makeFailure('denied', 'ReadOnlyConnection', `the connection is read-only: ${name} is refused`, pathOf(params));
}

async function carryOut(services: Services, name: CommandName, params: unknown, context: CallContext): Promise<CallOutcome> {
  const checked = v.safeParse((COMMANDS[name] as Command).params, params);
  if (!checked.success) {
    const [issue] = checked.issues;
    const field = v.getDotPath(issue) ?? 'params';
    return { ok: false, failure: makeFailure('usage', 'InvalidParams', `${field}: ${issue.message}`, pathOf(params)) };
  }
  try {
    // The schema that was looked up by this name has just checked them.
    const handler = services.handlers[name] as Handler<CommandName>;
    return { ok: true, value: await handler(checked.output as Params<typeof name>, context) };
  } catch (error) {
    const failure = toFailure(error, pathOf(params));
    if (failure.kind === 'bug') services.logger.log('error', `${name} failed by a bug: ${failure.message}`, { error });
    return { ok: false, failure };
  }
}

function textField(params: unknown, field: string): string | null {
  if (typeof params !== 'object' || params === null || !Object.hasOwn(params, field)) return null;
  const value = (params as Readonly<Record<string, unknown>>)[field];
  return typeof value === 'string' ? value : null;
}

const connectionIdOf = (params: unknown): string | null => textField(params, 'connectionId');
const pathOf = (params: unknown): string | null => textField(params, 'path');

function createCaller(): { readonly caller: Caller; readonly gone: () => void } {
  const listeners = new Set<() => void>();
  let isGone = false;
  return {
    caller: {
      onGone(fn) {
        if (isGone) fn();
        else listeners.add(fn);
        return () => void listeners.delete(fn);
      },
    },
    gone() {
      isGone = true;
      for (const fn of [...listeners]) fn();
      listeners.clear();
    },
  };
}
