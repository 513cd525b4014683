/**
 * What crosses between the view and the host, whatever carries it: two functions each way, called by birpc.
 * A call is named by the caller so that it can be cancelled. Failures travel as values, never as exceptions,
 * since a JavaScript Error does not survive any of the carriers whole.
 */

import type { Failure } from './shapes.ts';

export type CallOutcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly failure: Failure };

/** Served by the host. */
export interface HostFunctions {
  call(callId: string, command: string, params: unknown): Promise<CallOutcome>;
  /** Cancels a running call; one that has ended, or never was, is ignored. */
  cancel(callId: string): void;
}

/** Served by the view. */
export interface ViewFunctions {
  event(name: string, payload: unknown): void;
}
