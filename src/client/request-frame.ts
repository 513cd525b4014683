/** The frame of a request: length, header with the xid left open, body. Refused when no server would take it. */

import { UsageError } from '../model/errors.ts';
import type { Codec } from '../wire/jute/codec.ts';
import { JuteWriter } from '../wire/jute/jute-writer.ts';

/** One writer for all: each frame is copied out of it in its exact length. */
const scratch = new JuteWriter();

/**
 * @param body null for a request without one
 * @param bytesMax the server's jute.maxbuffer; a payload of exactly this length is taken (facts 1.2)
 * @throws UsageError RequestTooLarge
 */
export function requestFrame<T>(code: number, body: Codec<T> | null, value: T, bytesMax: number): Uint8Array {
  try {
    scratch.int(0);
    scratch.int(0);
    scratch.int(code);
    body?.write(scratch, value);
    const length = scratch.length - 4;
    if (length > bytesMax) {
      throw new UsageError(
        'RequestTooLarge',
        `the request has ${length} bytes; the server takes at most ${bytesMax} (jute.maxbuffer)`,
      );
    }
    scratch.intAt(0, length);
    return scratch.take();
  } finally {
    scratch.clear();
  }
}
