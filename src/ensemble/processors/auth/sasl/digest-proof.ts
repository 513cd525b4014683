/** The arithmetic of SASL DIGEST-MD5 (RFC 2831 section 2.1.2.1), the same for both sides. */

import { concatBytes, toHex } from '../../../../base/bytes.ts';
import { InvariantError } from '../../../../base/invariant.ts';
import type { Random } from '../../../../base/random.ts';
import { encodeUtf8 } from '../../../../base/text.ts';
import type { MessageDigests } from '../message-digests.ts';

/** What somebody logs in to. */
export interface DigestService {
  readonly realm: string;
  /** digest-uri: the protocol, and the server's name, which is the realm. */
  readonly uri: string;
  /** An authzid must be the user itself (SaslQuorumServerCallbackHandler.handleAuthorizeCallback). */
  readonly forOneself: boolean;
}

/** The port for clients (SaslServerPrincipal, ZooKeeperSaslServer). */
export const CLIENT_SERVICE: DigestService = { realm: 'zk-sasl-md5', uri: 'zookeeper/zk-sasl-md5', forOneself: false };
/** The ports between members (QuorumAuth). */
export const QUORUM_SERVICE: DigestService = { realm: 'zk-quorum-sasl-md5', uri: 'zookeeper-quorum/zk-quorum-sasl-md5', forOneself: true };

/** A nonce serves once. Java's server counts by itself, whatever the client says. */
export const NONCE_COUNT = '00000001';
const NONCE_WORDS = 8;

export interface Credentials {
  readonly user: string;
  readonly realm: string;
  readonly password: string;
  readonly nonce: string;
  readonly cnonce: string;
  readonly authzid: string | null;
}

export interface DigestLogin {
  /** Of digestSecret. */
  readonly secret: string;
  readonly nonce: string;
  readonly cnonce: string;
  readonly uri: string;
}

/** H(A1) in hex. */
export function digestSecret(digests: MessageDigests, { user, realm, password, nonce, cnonce, authzid }: Credentials): string {
  const first = md5(digests, latin1OrUtf8(`${user}:${realm}:${password}`));
  const rest = `:${nonce}:${cnonce}${authzid === null ? '' : `:${authzid}`}`;
  return toHex(md5(digests, concatBytes([first, encodeUtf8(rest)])));
}

/** The response-value, with the method AUTHENTICATE; with an empty one, what the server proves itself with. */
export function digestProof(digests: MessageDigests, { secret, nonce, cnonce, uri }: DigestLogin, method: 'AUTHENTICATE' | ''): string {
  const what = toHex(md5(digests, encodeUtf8(`${method}:${uri}`)));
  return toHex(md5(digests, encodeUtf8(`${secret}:${nonce}:${NONCE_COUNT}:${cnonce}:auth:${what}`)));
}

/** Nobody can foresee it. */
export function newNonce(random: Random): string {
  let nonce = '';
  for (let i = 0; i < NONCE_WORDS; i++) nonce += random.uint32().toString(16).padStart(8, '0');
  return nonce;
}

/** One character for each byte. */
export function latin1Text(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function md5(digests: MessageDigests, bytes: Uint8Array): Uint8Array {
  const hash = digests.digest('MD5', bytes);
  if (hash === null) throw new InvariantError('MD5 was not checked at the start');
  return hash;
}

/** RFC 2831: what fits ISO 8859-1 is hashed in it, whatever the charset. */
function latin1OrUtf8(text: string): Uint8Array {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  return units.every((unit) => unit <= 0xff) ? Uint8Array.from(units) : encodeUtf8(text);
}
