/**
 * The server's side of SASL DIGEST-MD5 (RFC 2831), as Java's and Apache's servers do it: no protection beyond the
 * login. In: tokens of one client. Out: tokens, and who it is.
 */

import type { Random } from '../../../../base/random.ts';
import { decodeUtf8, encodeUtf8 } from '../../../../base/text.ts';
import type { MessageDigests } from '../message-digests.ts';
import { CLIENT_SERVICE, digestProof, digestSecret, latin1Text, newNonce, type DigestService } from './digest-proof.ts';
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
  /** What clients log in to, unless it is said. */
  readonly service?: DigestService;
}

const RESPONSE_BYTES_MAX = 4096;

const refused = (reason: string): SaslAnswer => ({ kind: 'refused', reason });

/** One exchange: a challenge, the client's response, the server's proof. */
export class DigestMd5Exchange {
  readonly #tools: SaslTools;
  readonly #service: DigestService;
  #step: 'new' | 'challenged' | 'over' = 'new';
  #nonce = '';

  constructor(tools: SaslTools) {
    this.#tools = tools;
    this.#service = tools.service ?? CLIENT_SERVICE;
  }

  /** What to answer to the client's next token. */
  next(token: Uint8Array): SaslAnswer {
    if (token.length > RESPONSE_BYTES_MAX) return refused('the response is too long');
    if (this.#step === 'new') {
      // An initial response is not part of DIGEST-MD5; Java's server does not look at it.
      this.#step = 'challenged';
      this.#nonce = newNonce(this.#tools.random);
      const text = `realm="${this.#service.realm}",nonce="${this.#nonce}",charset=utf-8,algorithm=md5-sess`;
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
    const { digests, users } = this.#tools;
    const login = {
      secret: digestSecret(digests, {
        user,
        realm: decode('realm'),
        password: users.get(user) ?? '',
        nonce: this.#nonce,
        cnonce: given.get('cnonce') ?? '',
        authzid: given.has('authzid') ? decode('authzid') : null,
      }),
      nonce: this.#nonce,
      cnonce: given.get('cnonce') ?? '',
      uri: given.get('digest-uri') ?? '',
    };
    if (given.get('response') !== digestProof(digests, login, 'AUTHENTICATE')) return refused('the password does not fit');
    return { kind: 'done', token: encodeUtf8(`rspauth=${digestProof(digests, login, '')}`), user };
  }

  /** What is wrong with the response before any password is looked at. */
  #problemOf(given: ReadonlyMap<string, string>, user: string): string | null {
    const charset = given.get('charset');
    if (charset !== undefined && charset.toLowerCase() !== 'utf-8') return 'the charset is not utf-8';
    if ((given.get('qop') ?? 'auth') !== 'auth') return 'only qop=auth is offered';
    if (given.get('nonce') !== this.#nonce) return 'the nonce is not the one that was given';
    if ((given.get('cnonce') ?? '') === '') return 'there is no cnonce';
    const realm = given.get('realm');
    if (realm !== undefined && realm !== this.#service.realm) return 'the realm is not the one that was offered';
    if ((given.get('digest-uri') ?? '').toLowerCase() !== this.#service.uri) return 'the digest-uri is not that of this service';
    const { forOneself } = this.#service;
    if (forOneself && given.has('authzid') && textOf(given.get('authzid') ?? '', given.has('charset')) !== user) return 'it would act for somebody else';
    return this.#tools.users.has(user) ? null : 'there is no such user';
  }
}

/** The bytes of such characters, read in the client's charset. */
function textOf(characters: string, isUtf8: boolean): string {
  return isUtf8 ? decodeUtf8(Uint8Array.from(characters, (char) => char.charCodeAt(0))) : characters;
}
