/**
 * The x509 scheme (X509AuthenticationProvider): who a TLS client certificate says the client is. Known to servers
 * with a TLS port, or that name the class in authProvider.N.
 */

import type { Id } from '../../../../model/acl.ts';
import type { AuthProvider } from '../provider.ts';
import { isDistinguishedName } from './distinguished-name.ts';

/** @param superUser X509AuthenticationProvider.superUser: the owner who may do everything; null: nobody */
export function x509Provider(superUser: string | null): AuthProvider {
  return {
    scheme: 'x509',
    isValid: isDistinguishedName,
    matches: (held, expression) => held === expression || held === superUser,
    authenticates: true,
    // The packet's bytes count for nothing: the certificate was shown when the connection began.
    authenticate: (_credential, _remoteAddress, owner) => (owner === null ? null : certificateIdentities(owner, superUser)),
    userName: (id) => id,
  };
}

/** What a certificate gives its connection. */
export function certificateIdentities(owner: string, superUser: string | null): readonly Id[] {
  const own: Id = { scheme: 'x509', id: owner };
  return owner === superUser ? [{ scheme: 'super', id: owner }, own] : [own];
}
