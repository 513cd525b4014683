/** Whole values to and from byte arrays. */

import { WireError } from '../../model/errors.ts';
import type { Codec } from './codec.ts';
import { JuteReader } from './jute-reader.ts';
import { JuteWriter } from './jute-writer.ts';

/** The bytes of one value. */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const writer = new JuteWriter();
  codec.write(writer, value);
  return writer.finish();
}

/**
 * The value of exactly these bytes.
 *
 * @throws WireError when they are no such value, or when bytes are left over
 */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const reader = new JuteReader(bytes);
  const value = codec.read(reader);
  if (reader.remaining > 0) throw new WireError(`${reader.remaining} bytes left after ${codec.name}`);
  return value;
}
