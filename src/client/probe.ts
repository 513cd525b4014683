/** The layers of a connection, each tried by itself: the socket, and the handshake of a session. */

import type { Clock } from '../base/clock.ts';
import { ConnectionLostError, WireError } from '../model/errors.ts';
import { encodeFrame, FrameDecoder, part } from '../wire/framing.ts';
import { closeSession } from '../wire/operations/session.ts';
import { ConnectRequest, PASSWORD_BYTES } from '../wire/records/connect.ts';
import { RequestHeader } from '../wire/records/headers.ts';
import { formatServer } from './connect-string.ts';
import { readHandshake } from './handshake.ts';
import { FIRST_FRAME_BYTES_MAX, notZooKeeper } from './link.ts';
import { ask, type OneShotOptions } from './one-shot.ts';
import type { ServerAddress, Transport } from './transport.ts';

/**
 * Opens a socket and closes it.
 *
 * @returns how long it took, in ms
 * @throws ConnectionLostError, CancelledError
 */
export function probeSocket(
  transport: Transport,
  clock: Clock,
  address: ServerAddress,
  options: OneShotOptions,
): Promise<{ readonly tookMs: number }> {
  const startMs = clock.monotonicMs();
  return ask(transport, clock, address, options, ({ succeed }) => ({
    opened: () => succeed({ tookMs: clock.monotonicMs() - startMs }),
  }));
}

export interface HandshakeProbe {
  /** From the request to its answer, connecting included, in ms. */
  readonly tookMs: number;
  /** What the server granted, in ms. */
  readonly sessionTimeoutMs: number;
  readonly sessionId: bigint;
  readonly readOnly: boolean;
}

export interface HandshakeOptions extends OneShotOptions {
  readonly sessionTimeoutMs: number;
  readonly canBeReadOnly?: boolean;
}

/**
 * Opens a new session and closes it again.
 *
 * @throws ConnectionLostError when the server closes the connection instead (it is not serving, or is read-only);
 *   WireError when it does not speak ZooKeeper; CancelledError
 */
export function probeHandshake(
  transport: Transport,
  clock: Clock,
  address: ServerAddress,
  options: HandshakeOptions,
): Promise<HandshakeProbe> {
  const startMs = clock.monotonicMs();
  return ask<HandshakeProbe>(transport, clock, address, options, ({ write, succeed, fail }) => {
    const decoder = new FrameDecoder(FIRST_FRAME_BYTES_MAX);
    let probe: HandshakeProbe | null = null;
    const onFrame = (payload: Uint8Array): void => {
      if (probe !== null) {
        succeed(probe);
        return;
      }
      const answer = readHandshake(payload);
      if (answer.kind === 'refused') {
        fail(new ConnectionLostError(`${formatServer(address)}: ${answer.reason}`, true));
        return;
      }
      const { response } = answer;
      probe = {
        tookMs: clock.monotonicMs() - startMs,
        sessionTimeoutMs: response.timeoutMs,
        sessionId: response.sessionId,
        readOnly: response.readOnly === true,
      };
      // Otherwise the server would keep the session until it expires.
      write(encodeFrame(part(RequestHeader, { xid: 1, type: closeSession.code })));
    };
    return {
      opened: () => write(greeting(options)),
      data(chunk) {
        try {
          decoder.push(chunk, onFrame);
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
          fail(new WireError(notZooKeeper(formatServer(address), error.message, chunk)));
        }
      },
      ended(reason) {
        if (probe !== null) succeed(probe);
        else fail(new ConnectionLostError(`${formatServer(address)}: ${reason ?? 'the server closed the connection'}`, true));
      },
    };
  });
}

function greeting(options: HandshakeOptions): Uint8Array {
  return encodeFrame(
    part(ConnectRequest, {
      protocolVersion: 0,
      lastZxidSeen: 0n,
      timeoutMs: options.sessionTimeoutMs,
      sessionId: 0n,
      password: new Uint8Array(PASSWORD_BYTES),
      readOnly: options.canBeReadOnly ?? false,
    }),
  );
}
