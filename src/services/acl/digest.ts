/** Digest ids: `user:base64(sha1(user:password))` (facts 1.15; DigestAuthenticationProvider.generateDigest). */

import { encodeUtf8 } from '../../base/text.ts';
import type { Hash } from '../ports.ts';
import { toBase64 } from '../util/base64.ts';

/** The id that a user and a password stand for in an ACL. */
export async function digestId(hash: Hash, user: string, password: string): Promise<string> {
  return `${user}:${toBase64(await hash.sha1(encodeUtf8(`${user}:${password}`)))}`;
}
