/** A dispatcher that does what its commands say, for tests of what carries them. */

import type { Failure } from '../../src/contract/shapes.ts';
import type { CallOutcome } from '../../src/contract/wire-api.ts';
import type { CallDoor, OpenDoor } from '../../src/hosts/view-session.ts';

export const FAILURE: Failure = {
  kind: 'answer',
  code: 'BadVersion',
  message: 'version 3 was shown, version 4 stands there: /a/b',
  layer: 'node',
  hint: 'hint.compare',
  path: '/a/b',
  retrySafe: true,
};

/** The doors of all views that were served, watched from behind. */
export interface FakeDoors {
  /** Opens the door of one view. */
  readonly open: OpenDoor;
  /** Tells every view. */
  emit(name: string, payload: unknown): void;
  /** Calls that run: the view's number and its own name for the call. */
  readonly running: ReadonlySet<string>;
  /** Calls that were cancelled, in order, by the view or because it went. */
  readonly cancelled: readonly string[];
  /** Every call: its command. */
  readonly commands: readonly string[];
}

/**
 * Commands: `echo` gives its params back; `value` gives what `values` holds under params.key; `fail` fails;
 * `throw` throws; `wait` runs until it is cancelled; `after` resolves once the event `tick` was emitted.
 */
export function fakeDoors(values: Readonly<Record<string, unknown>> = {}): FakeDoors {
  const listeners = new Set<(name: string, payload: unknown) => void>();
  const waiting = new Map<string, () => void>();
  const ticks: (() => void)[] = [];
  const running = new Set<string>();
  const cancelled: string[] = [];
  const commands: string[] = [];
  let views = 0;

  const run = (id: string, command: string, params: unknown): Promise<CallOutcome> | CallOutcome => {
    switch (command) {
      case 'echo':
        return { ok: true, value: params };
      case 'value':
        return { ok: true, value: values[(params as { key: string }).key] };
      case 'wait':
        return new Promise((resolve) => {
          waiting.set(id, () => {
            resolve({ ok: false, failure: { ...FAILURE, kind: 'cancelled', code: 'Cancelled', message: 'cancelled' } });
          });
        });
      case 'after':
        return new Promise((resolve) => ticks.push(() => resolve({ ok: true, value: 'after' })));
      case 'throw':
        throw new TypeError('a bug of the dispatcher');
      default:
        return { ok: false, failure: FAILURE };
    }
  };
  const open = (): CallDoor => {
    const view = `${++views}:`;
    const cancel = (id: string): void => {
      cancelled.push(id);
      waiting.get(id)?.();
    };
    return {
      async call(callId, command, params) {
        const id = view + callId;
        commands.push(command);
        running.add(id);
        try {
          return await run(id, command, params);
        } finally {
          running.delete(id);
        }
      },
      cancel: (callId) => cancel(view + callId),
      onEvent(listener) {
        listeners.add(listener);
        return () => {
          listeners.delete(listener);
        };
      },
      close() {
        for (const id of running) if (id.startsWith(view)) cancel(id);
      },
    };
  };
  return {
    open,
    running,
    cancelled,
    commands,
    emit(name, payload) {
      for (const listener of listeners) listener(name, payload);
      if (name === 'tick') for (const tick of ticks.splice(0)) tick();
    },
  };
}
