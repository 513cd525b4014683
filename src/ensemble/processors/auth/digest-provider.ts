/** The digest scheme (DigestAuthenticationProvider): `user:base64(hash("user:password"))`. */

import { decodeUtf8, encodeUtf8 } from '../../../base/text.ts';
import { InvariantError } from '../../../base/invariant.ts';
import type { Id } from '../../../model/acl.ts';
import type { AuthProvider } from './provider.ts';
import type { MessageDigests } from './message-digests.ts';

export const SUPER: Id = { scheme: 'super', id: '' };

export interface DigestOptions {
  /** DigestAuthenticationProvider.digestAlg */
  readonly algorithm: string;
  /** DigestAuthenticationProvider.superDigest: who proves this may do everything. */
  readonly superDigest: string | null;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function base64(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const word = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out += LETTERS.charAt(word >> 18) + LETTERS.charAt((word >> 12) & 63);
    out += left > 1 ? LETTERS.charAt((word >> 6) & 63) : '=';
    out += left > 2 ? LETTERS.charAt(word & 63) : '=';
  }
  return out;
}

/** The id that `user:password` proves. */
export function digestId(userAndPassword: string, algorithm: string, digests: MessageDigests): string {
  const colon = userAndPassword.indexOf(':');
  const user = colon < 0 ? userAndPassword : userAndPassword.slice(0, colon);
  const hash = digests.digest(algorithm, encodeUtf8(userAndPassword));
  if (hash === null) throw new InvariantError(`the digest algorithm ${algorithm} was not checked at the start`);
  return `${user}:${base64(hash)}`;
}

export function digestProvider(options: DigestOptions, digests: MessageDigests): AuthProvider {
  return {
    scheme: 'digest',
    isValid: (id) => id.replace(/:+$/, '').split(':').length === 2,
    matches: (held, expression) => held === expression,
    authenticates: true,
    authenticate(credential) {
      if (credential === null) return null;
      const id = digestId(decodeUtf8(credential), options.algorithm, digests);
      const own: Id = { scheme: 'digest', id };
      return id === options.superDigest ? [SUPER, own] : [own];
    },
    userName: (id) => id.split(':')[0] as string,
  };
}
