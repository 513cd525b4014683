/** One authentication scheme, as data and pure functions (facts 1.15; AuthenticationProvider). */

import type { Id } from '../../../model/acl.ts';

export interface AuthProvider {
  readonly scheme: string;
  /** Whether an id may stand in an ACL. */
  isValid(id: string): boolean;
  /** Whether the holder of `held` is whom the ACL's `expression` means. */
  matches(held: string, expression: string): boolean;
  /** Whether `auth` in an ACL stands for ids of this scheme. */
  readonly authenticates: boolean;
  /**
   * The identities that an auth packet proves; null when it proves nothing.
   *
   * @param certificateOwner whom the connection's TLS client certificate names; null without one
   */
  authenticate(credential: Uint8Array | null, remoteAddress: string, certificateOwner: string | null): readonly Id[] | null;
  /** The name that whoAmI and logs show. */
  userName(id: string): string;
}

/** The schemes a server knows. `world`, `auth` and `super` are not among them: the checks know these. */
export type AuthProviders = ReadonlyMap<string, AuthProvider>;
