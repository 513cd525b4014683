/**
 * The sasl scheme in ACLs (SASLAuthenticationProvider). Apache's server knows it only where zoo.cfg says
 * `authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider`.
 */

import type { AuthProvider } from '../provider.ts';

/** @param anyUserId zookeeper.letAnySaslUserDoX: an id in an ACL that stands for every SASL user */
export function saslProvider(anyUserId: string | null): AuthProvider {
  return {
    scheme: 'sasl',
    // A Kerberos principal (KerberosName): a plain name, or name[/host]@realm.
    isValid: (id) => !id.includes('@') || /^[^/@]*(\/[^/@]*)?@[^/@]*$/.test(id),
    matches: (held, expression) => held === 'super' || held === expression || (anyUserId !== null && expression === anyUserId),
    authenticates: true,
    // An auth packet proves nothing: only the exchange of tokens does.
    authenticate: () => null,
    userName: (id) => id,
  };
}
