/**
 * A view's channel over one WebSocket of the web host.
 * Must hold: what waits to be sent to one view is bounded. While answers pile up, nothing more is read from the view,
 * so that it cannot ask for more; a view that lets events pile up is cut off, and reads everything anew when it
 * comes back.
 */

import { WebSocket, type RawData } from 'ws';
import { decodeFrame, encodeFrame } from '../message-pack.ts';
import type { ViewChannel } from '../view-session.ts';

export interface ChannelLimits {
  /** Above this many unsent bytes, reading stops until they are gone. */
  readonly pauseBytes: number;
  /** Above this many unsent bytes of events, the view is cut off. */
  readonly eventBytesMax: number;
  /** A view that shows no sign of life for this long is cut off, ms. */
  readonly silentMs: number;
}

export const CHANNEL_LIMITS: ChannelLimits = {
  pauseBytes: 8 * 1024 * 1024,
  eventBytesMax: 16 * 1024 * 1024,
  silentMs: 45_000,
};

/** RFC 6455, 7.4.1 */
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

/** Wraps an open socket. */
export function socketChannel(socket: WebSocket, limits: ChannelLimits = CHANNEL_LIMITS): ViewChannel {
  let unsent = 0;
  let unsentEvents = 0;

  const close = (code: number, reason: string): void => {
    // It may be paused, and could then not read the other side's goodbye.
    socket.resume();
    socket.close(code, reason);
  };
  watchLife(socket, () => unsent, limits.silentMs);
  // ws closes the socket after an error by itself; without a listener the process would end.
  socket.on('error', () => undefined);

  return {
    send(frame, kind) {
      if (socket.readyState !== WebSocket.OPEN) return;
      const bytes = encodeFrame(frame);
      const eventBytes = kind === 'event' ? bytes.length : 0;
      if (unsentEvents + eventBytes > limits.eventBytesMax) {
        close(TRY_AGAIN_LATER, 'this page did not read its events in time');
        return;
      }
      unsent += bytes.length;
      unsentEvents += eventBytes;
      if (unsent > limits.pauseBytes) socket.pause();
      socket.send(bytes, { binary: true }, () => {
        unsent -= bytes.length;
        unsentEvents -= eventBytes;
        if (unsent <= limits.pauseBytes && socket.isPaused) socket.resume();
      });
    },
    onFrame(listener) {
      socket.on('message', (data, isBinary) => {
        // A text message, like unreadable bytes, is no frame: the session ends the view for it.
        listener(isBinary ? decodeFrame(bytesOf(data)) : null);
      });
    },
    onClose: (listener) => void socket.once('close', listener),
    close: (reason) => close(POLICY_VIOLATION, reason),
  };
}

/** Asks for signs of life; while it is paused for writing, progress in writing is the sign. */
function watchLife(socket: WebSocket, unsentBytes: () => number, silentMs: number): void {
  let alive = true;
  let unsentBefore = 0;
  socket.on('pong', () => {
    alive = true;
  });
  socket.on('message', () => {
    alive = true;
  });
  const timer = setInterval(() => {
    const unsent = unsentBytes();
    const moving = socket.isPaused && unsent < unsentBefore;
    if (!alive && !moving) {
      socket.terminate();
      return;
    }
    alive = false;
    unsentBefore = unsent;
    socket.ping();
  }, silentMs);
  timer.unref();
  socket.once('close', () => clearInterval(timer));
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
