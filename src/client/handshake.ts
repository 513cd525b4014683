/** The answer to the handshake, which may also be a refusal that looks like the reply to a request. */

import { errorText } from '../model/error-code.ts';
import { decode } from '../wire/jute/encode.ts';
import { ConnectResponse } from '../wire/records/connect.ts';
import { ReplyHeader } from '../wire/records/headers.ts';

export type HandshakeAnswer =
  | { readonly kind: 'welcome'; readonly response: ConnectResponse }
  /** @property reason one clause, for a person */
  | { readonly kind: 'refused'; readonly reason: string };

const HEADER_BYTES = 16;

/**
 * Reads the first frame. A read-only server without local sessions answers with a lone reply header
 * (NotReadOnly), as seen on Apache 3.8.0.
 *
 * @throws WireError when it is neither
 */
export function readHandshake(payload: Uint8Array): HandshakeAnswer {
  if (payload.length === HEADER_BYTES) {
    const { xid, err } = decode(ReplyHeader, payload);
    if (xid === 0 && err < 0) return { kind: 'refused', reason: `the server refused a session: ${errorText(err)}` };
  }
  return { kind: 'welcome', response: decode(ConnectResponse, payload) };
}
