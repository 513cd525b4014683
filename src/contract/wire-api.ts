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

/** Where the web host takes WebSocket connections. */
export const SOCKET_PATH = '/socket';

/** Where the web host says whether the page may still talk to it: 204, or 401 when it does not know the cookie. */
export const SESSION_PATH = '/session';

/** Longest message that a view may send to a host, bytes. A longer one ends the view's connection. */
export const VIEW_FRAME_BYTES_MAX = 64 * 1024 * 1024;

/** Under this name Electron's preload shows its bridge to the page. */
export const BRIDGE_NAME = 'zooscope';

/** What Electron's preload gives to the page: frames in, frames out, and nothing else. */
export interface ViewBridge {
  /** Asks the host to serve this page, from the beginning; what an earlier `open` started is over. */
  open(): void;
  send(frame: unknown): void;
  /** @returns stops listening */
  onFrame(listener: (frame: unknown) => void): () => void;
  /** Called when the host stopped serving this page. @returns stops listening */
  onClose(listener: (reason: string) => void): () => void;
}
