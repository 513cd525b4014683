/** One connection that is opened for one question and closed with its answer, in bounded time. */

import type { Clock } from '../base/clock.ts';
import { onCancel, type CancelSignal } from '../base/signal.ts';
import { CancelledError, ConnectionLostError, type ZooError } from '../model/errors.ts';
import { formatServer } from './connect-string.ts';
import type { Connection, ServerAddress, Transport } from './transport.ts';

export interface OneShotOptions {
  /** For connecting and the answer together, in ms. */
  readonly timeoutMs: number;
  readonly signal?: CancelSignal | undefined;
}

/** What a question does with its connection; it ends with the first succeed() or fail(). */
export interface Question {
  opened?(): void;
  data?(chunk: Uint8Array): void;
  /** The server ended the connection. Without this, that is a failure. */
  ended?(reason: string | null): void;
}

export interface QuestionControls<T> {
  readonly write: (bytes: Uint8Array) => void;
  readonly succeed: (value: T) => void;
  readonly fail: (error: ZooError) => void;
}

/**
 * Opens a connection, lets the question run, and closes it whatever happens.
 *
 * @throws ConnectionLostError (retrySafe when no connection was made), CancelledError, or what the question fails with
 */
export function ask<T>(
  transport: Transport,
  clock: Clock,
  address: ServerAddress,
  options: OneShotOptions,
  question: (controls: QuestionControls<T>) => Question,
): Promise<T> {
  const server = formatServer(address);
  return new Promise<T>((resolve, reject) => {
    if (options.signal?.aborted === true) throw new CancelledError();
    let connection: Connection | null = null;
    let opened = false;
    let done = false;
    const finish = (tell: () => void): void => {
      if (done) return;
      done = true;
      cancelTimer();
      unlisten();
      connection?.close();
      tell();
    };
    const fail = (error: ZooError): void => finish(() => reject(error));
    const parts = question({
      write: (bytes) => connection?.write(bytes),
      succeed: (value) => finish(() => resolve(value)),
      fail,
    });
    const cancelTimer = clock.after(options.timeoutMs, () => {
      const what = opened ? 'no answer' : 'no connection';
      fail(new ConnectionLostError(`${server}: ${what} within ${options.timeoutMs} ms`, opened));
    });
    const unlisten = onCancel(options.signal, () => fail(new CancelledError('cancelled', opened)));
    connection = transport.connect(address, {
      onOpen: () => {
        opened = true;
        if (!done) parts.opened?.();
      },
      onData: (chunk) => {
        if (!done) parts.data?.(chunk);
      },
      onClose: (reason) => {
        if (done) return;
        if (opened && parts.ended !== undefined) parts.ended(reason);
        else fail(new ConnectionLostError(`${server}: ${reason ?? 'the server closed the connection'}`, opened));
      },
    });
  });
}
