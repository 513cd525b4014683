/** Frames that go to clients. */

import type { Codec } from '../../../wire/jute/codec.ts';
import { JuteWriter } from '../../../wire/jute/jute-writer.ts';
import { Xid } from '../../../wire/records/headers.ts';

const HEADER_BYTES = 20;
const SCRATCH_BYTES = 4096;

let scratch = new JuteWriter(SCRATCH_BYTES);

/**
 * A reply with its length in front; no body when `codec` is null or there is an error. Nearly all replies are short,
 * and an array for each is what answering costs most: the bytes are good until the next call.
 */
export function replyFrame<T>(xid: number, zxid: bigint, err: number, codec: Codec<T> | null = null, body?: T): Uint8Array {
  const writer = scratch;
  writer.reset();
  writer.int(0);
  writer.int(xid);
  writer.long(zxid);
  writer.int(err);
  if (codec !== null && err === 0) codec.write(writer, body as T);
  writer.intAt(0, writer.length - 4);
  // A writer that has grown is let go, so that one large reply does not hold its memory for ever.
  if (writer.length > SCRATCH_BYTES) scratch = new JuteWriter(SCRATCH_BYTES);
  return writer.finish();
}

/** What servers up to 3.8 put where later ones name the transaction (facts 1.9). */
const NO_ZXID_IN_EVENT = -1n;
/** KeeperState.SyncConnected: what the server always says. */
const SYNC_CONNECTED = 3;

/** A watch event. */
export function eventFrame(type: number, path: string): Uint8Array {
  const writer = new JuteWriter(HEADER_BYTES + 12 + path.length * 2);
  writer.int(0);
  writer.int(Xid.NOTIFICATION);
  writer.long(NO_ZXID_IN_EVENT);
  writer.int(0);
  writer.int(type);
  writer.int(SYNC_CONNECTED);
  writer.ustring(path);
  writer.intAt(0, writer.length - 4);
  return writer.finish();
}
