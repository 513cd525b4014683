/**
 * The server's side of SASL DIGEST-MD5 (RFC 2831), as Java's and Apache's servers do it: service `zookeeper`, server
 * and realm `zk-sasl-md5`, no protection beyond the login. In: tokens of one client. Out: tokens, and who it is.
 */

import { concatBytes, toHex } from '../../../../base/bytes.ts';
import { InvariantError } from '../../../../base/invariant.ts';
import type { Random } from '../../../../base/random.ts';
import { decodeUtf8, encodeUtf8 } from '../../../../base/text.ts';
import type { MessageDigests } from '../message-digests.ts';
import { parseDirectives } from './directives.ts';

export type SaslAnswer =
  | { readonly kind: 'challenge'; readonly token: Uint8Array }
  /** The client has proved to be this user. */
  | { readonly kind: 'done'; readonly token: Uint8Array; readonly user: string }
  | { readonly kind: 'refused'; readonly reason: string };

export interface SaslTools {
  readonly random: Random;
  readonly digests: MessageDigests;
  /** Passwords by user. One that is not here is refused; Apache 3.8.0 lets it in with the last user's password. */
  readonly users: ReadonlyMap<string, string>;
}

const REALM = 'zk-sasl-md5';
const SERVICE_URI = `zookeeper/${REALM}`;
const RESPONSE_BYTES_MAX = 4096;
const NONCE_WORDS = 8;
/** A nonce serves once. Java's server counts by itself, whatever the client says. */
const NONCE_COUNT = '00000001';

const refused = (reason: string): SaslAnswer => ({ kind: 'refused', reason });

/** One exchange: a challenge, the client's response, the server's proof. */
export class DigestMd5Exchange {
  readonly #tools: SaslTools;
  #step: 'new' | 'challenged' | 'over' = 'new';
  #nonce = '';

  constructor(tools: SaslTools) {
    this.#tools = tools;
  }

  /** What to answer to the client's next token. */
  next(token: Uint8Array): SaslAnswer {
    if (token.length > RESPONSE_BYTES_MAX) return refused('the response is too long');
    if (this.#step === 'new') {
      // An initial response is not part of DIGEST-MD5; Java's server does not look at it.
      this.#step = 'challenged';
      this.#nonce = newNonce(this.#tools.random);
      const text = `realm="${REALM}",nonce="${this.#nonce}",charset=utf-8,algorithm=md5-sess`;
      return { kind: 'challenge', token: encodeUtf8(text) };
    }
    if (this.#step === 'over') return refused('the exchange is over');
    this.#step = 'over';
    return this.#judge(token);
  }

  #judge(token: Uint8Array): SaslAnswer {
    const given = parseDirectives(latin1Text(token));
    if (given === null) return refused('the response is malformed');
    const decode = (name: string): string => textOf(given.get(name) ?? '', given.has('charset'));
    const user = decode('username');
    const problem = this.#problemOf(given, user);
    if (problem !== null) return refused(problem);
    const secret = this.#secret({
      user,
      realm: decode('realm'),
      password: this.#tools.users.get(user) ?? '',
      cnonce: given.get('cnonce') ?? '',
      authzid: given.has('authzid') ? decode('authzid') : null,
    });
    const uri = given.get('digest-uri') ?? '';
    if (given.get('response') !== this.#proof(secret, 'AUTHENTICATE', uri, given)) return refused('the password does not fit');
    return { kind: 'done', token: encodeUtf8(`rspauth=${this.#proof(secret, '', uri, given)}`), user };
  }

  /** What is wrong with the response before any password is looked at. */
  #problemOf(given: ReadonlyMap<string, string>, user: string): string | null {
    const charset = given.get('charset');
    if (charset !== undefined && charset.toLowerCase() !== 'utf-8') return 'the charset is not utf-8';
    if ((given.get('qop') ?? 'auth') !== 'auth') return 'only qop=auth is offered';
    if (given.get('nonce') !== this.#nonce) return 'the nonce is not the one that was given';
    if ((given.get('cnonce') ?? '') === '') return 'there is no cnonce';
    const realm = given.get('realm');
    if (realm !== undefined && realm !== REALM) return 'the realm is not the one that was offered';
    if ((given.get('digest-uri') ?? '').toLowerCase() !== SERVICE_URI) return 'the digest-uri is not that of this service';
    return this.#tools.users.has(user) ? null : 'there is no such user';
  }

  /** H(A1) in hex. */
  #secret(of: { user: string; realm: string; password: string; cnonce: string; authzid: string | null }): string {
    const first = this.#hash(latin1OrUtf8(`${of.user}:${of.realm}:${of.password}`));
    const rest = `:${this.#nonce}:${of.cnonce}${of.authzid === null ? '' : `:${of.authzid}`}`;
    return toHex(this.#hash(concatBytes([first, encodeUtf8(rest)])));
  }

  /** The response-value; with an empty method, what the server proves itself with. */
  #proof(secret: string, method: string, uri: string, given: ReadonlyMap<string, string>): string {
    const what = toHex(this.#hash(encodeUtf8(`${method}:${uri}`)));
    const text = `${secret}:${this.#nonce}:${NONCE_COUNT}:${given.get('cnonce')}:auth:${what}`;
    return toHex(this.#hash(encodeUtf8(text)));
  }

  #hash(bytes: Uint8Array): Uint8Array {
    const hash = this.#tools.digests.digest('MD5', bytes);
    if (hash === null) throw new InvariantError('MD5 was not checked at the start');
    return hash;
  }
}

function newNonce(random: Random): string {
  let nonce = '';
  for (let i = 0; i < NONCE_WORDS; i++) nonce += random.uint32().toString(16).padStart(8, '0');
  return nonce;
}

/** One character for each byte. */
function latin1Text(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The bytes of such characters, read in the client's charset. */
function textOf(characters: string, isUtf8: boolean): string {
  return isUtf8 ? decodeUtf8(Uint8Array.from(characters, (char) => char.charCodeAt(0))) : characters;
}

/** RFC 2831: what fits ISO 8859-1 is hashed in it, whatever the charset. */
function latin1OrUtf8(text: string): Uint8Array {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  return units.every((unit) => unit <= 0xff) ? Uint8Array.from(units) : encodeUtf8(text);
}
