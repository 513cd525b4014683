/** Secrets of a profile's auth entries: where they are kept, and what goes over the wire. */

import { encodeUtf8 } from '../../base/text.ts';
import type { AuthInfo } from '../../client/api.ts';
import type { Profile, ProfileDraft } from '../../contract/connections.ts';
import type { SecretStore } from '../ports.ts';

/** One set of credentials with its secret, as a session sends it. */
export interface Credentials {
  readonly scheme: string;
  readonly user: string;
  readonly secret: string;
}

/** The key of a profile's auth entry in the SecretStore. */
export function secretKey(profileId: string, entryId: string): string {
  return `profile/${profileId}/auth/${entryId}`;
}

/**
 * The bytes of an auth packet: `user:secret` where there is a user (digest, facts 1.15), else the secret alone.
 */
export function authInfoOf(credentials: Credentials): AuthInfo {
  const { scheme, user, secret } = credentials;
  const text = scheme === 'digest' || user !== '' ? `${user}:${secret}` : secret;
  return { scheme, auth: encodeUtf8(text) };
}

/** A profile's credentials; `missing` are the entries whose secret should be there and is not. */
export async function credentialsOf(
  secrets: SecretStore,
  profile: Pick<Profile, 'id' | 'auth'>,
): Promise<{ readonly found: Credentials[]; readonly missing: readonly string[] }> {
  const found: Credentials[] = [];
  const missing: string[] = [];
  for (const entry of profile.auth) {
    const secret = entry.hasSecret ? await secrets.get(secretKey(profile.id, entry.id)) : '';
    if (secret === null) missing.push(`${entry.scheme}:${entry.user}`);
    else found.push({ scheme: entry.scheme, user: entry.user, secret });
  }
  return { found, missing };
}

/** The credentials of a draft: what the dialog holds, and what is stored where it holds nothing. */
export async function credentialsOfDraft(secrets: SecretStore, draft: ProfileDraft): Promise<Credentials[]> {
  const out: Credentials[] = [];
  for (const entry of draft.auth) {
    const stored = async (): Promise<string | null> =>
      draft.id === null || entry.id === null ? null : secrets.get(secretKey(draft.id, entry.id));
    const secret = entry.secret === undefined ? await stored() : entry.secret;
    out.push({ scheme: entry.scheme, user: entry.user, secret: secret ?? '' });
  }
  return out;
}
