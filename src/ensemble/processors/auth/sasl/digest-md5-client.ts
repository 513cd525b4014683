/**
 * The client's side of SASL DIGEST-MD5 (RFC 2831), as Java's does it; a member of an ensemble is a client where it
 * calls another. In: tokens of the server. Out: tokens, and whether the server knows the password too.
 */

import type { Random } from '../../../../base/random.ts';
import { encodeUtf8 } from '../../../../base/text.ts';
import type { MessageDigests } from '../message-digests.ts';
import { digestProof, digestSecret, latin1Text, newNonce, NONCE_COUNT, type DigestLogin, type DigestService } from './digest-proof.ts';
import { parseDirectives } from './directives.ts';

export type ClientAnswer =
  | { readonly kind: 'response'; readonly token: Uint8Array }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly reason: string };

export interface ClientLogin {
  readonly random: Random;
  readonly digests: MessageDigests;
  readonly service: DigestService;
  readonly user: string;
  readonly password: string;
}

const CHALLENGE_BYTES_MAX = 2048;

const refused = (reason: string): ClientAnswer => ({ kind: 'refused', reason });

/** One exchange: a response to the server's challenge, then its proof. */
export class DigestMd5ClientExchange {
  readonly #tools: ClientLogin;
  #login: DigestLogin | null = null;

  constructor(tools: ClientLogin) {
    this.#tools = tools;
  }

  /** What to answer to the server's next token. */
  next(token: Uint8Array): ClientAnswer {
    if (token.length > CHALLENGE_BYTES_MAX) return refused('the challenge is too long');
    const given = parseDirectives(latin1Text(token));
    if (given === null) return refused('the challenge is malformed');
    if (this.#login !== null) return this.#judge(this.#login, given);
    const nonce = given.get('nonce') ?? '';
    if (nonce === '') return refused('there is no nonce in the challenge');
    if ((given.get('algorithm') ?? '').toLowerCase() !== 'md5-sess') return refused('the algorithm is not md5-sess');
    const qop = given.get('qop') ?? 'auth';
    if (!qop.split(',').some((word) => word.trim().toLowerCase() === 'auth')) return refused('the server does not offer qop=auth');
    return { kind: 'response', token: this.#respond(nonce, given.get('realm') ?? this.#tools.service.realm) };
  }

  #respond(nonce: string, realm: string): Uint8Array {
    const { random, digests, service: { uri }, user, password } = this.#tools;
    const cnonce = newNonce(random);
    const secret = digestSecret(digests, { user, realm, password, nonce, cnonce, authzid: null });
    const login = { secret, nonce, cnonce, uri };
    this.#login = login;
    return encodeUtf8([
      'charset=utf-8', `username=${quoted(user)}`, `realm=${quoted(realm)}`, `nonce=${quoted(nonce)}`, `nc=${NONCE_COUNT}`,
      `cnonce=${quoted(cnonce)}`, `digest-uri=${quoted(uri)}`, 'maxbuf=65536', `response=${digestProof(digests, login, 'AUTHENTICATE')}`, 'qop=auth',
    ].join(','));
  }

  #judge(login: DigestLogin, given: ReadonlyMap<string, string>): ClientAnswer {
    const proof = given.get('rspauth');
    if (proof === digestProof(this.#tools.digests, login, '')) return { kind: 'done' };
    return refused(proof === undefined ? 'the server proves nothing' : 'the server does not know the password');
  }
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
