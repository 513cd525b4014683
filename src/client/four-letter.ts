/** Four-letter words: a server's state without a session (facts 1.2; admin commands on the client port). */

import { concatBytes } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { decodeUtf8, encodeUtf8 } from '../base/text.ts';
import { ConnectionLostError, UsageError, WireError } from '../model/errors.ts';
import { formatServer } from './connect-string.ts';
import { ask, type OneShotOptions } from './one-shot.ts';
import type { ServerAddress, Transport } from './transport.ts';

const TIMEOUT_MS_DEFAULT = 3_000;
/** `dump` and `wchp` of a busy server are long. */
const BYTES_MAX_DEFAULT = 8 * 1024 * 1024;

export interface FourLetterOptions extends Partial<OneShotOptions> {
  /** A longer answer is refused. */
  readonly bytesMax?: number | undefined;
}

/**
 * Sends a word and gives the whole answer, which ends where the server closes the connection.
 *
 * @param word such as `srvr`, `mntr`, `isro`
 * @throws ConnectionLostError, whose retrySafe is true when no connection was made; WireError when the answer is too
 *   long; CancelledError; UsageError BadWord
 */
export function fourLetterWord(
  transport: Transport,
  clock: Clock,
  address: ServerAddress,
  word: string,
  options: FourLetterOptions = {},
): Promise<string> {
  if (!/^[a-z]{4}$/.test(word)) return Promise.reject(new UsageError('BadWord', `'${word}' is no four-letter word`));
  const bytesMax = options.bytesMax ?? BYTES_MAX_DEFAULT;
  const limits = { timeoutMs: options.timeoutMs ?? TIMEOUT_MS_DEFAULT, signal: options.signal };
  return ask<string>(transport, clock, address, limits, ({ write, succeed, fail }) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    return {
      opened: () => write(encodeUtf8(word)),
      data(chunk) {
        chunks.push(chunk.slice());
        length += chunk.length;
        if (length > bytesMax) fail(new WireError(`the answer to ${word} is longer than ${bytesMax} bytes`));
      },
      ended(reason) {
        if (reason === null) succeed(decodeUtf8(concatBytes(chunks)));
        else fail(new ConnectionLostError(`${formatServer(address)}: ${reason}`, true));
      },
    };
  });
}
