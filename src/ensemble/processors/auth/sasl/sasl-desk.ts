/** SASL for the connections of one server: who may log in, and what a login gives (ZooKeeperServer.processSasl). */

import { saslUsers } from '../../../config/jaas.ts';
import { ConfigError } from '../../../config/config-error.ts';
import type { Settings } from '../../../config/settings.ts';
import type { Id } from '../../../../model/acl.ts';
import { withIdentities } from '../access.ts';
import { SUPER } from '../digest-provider.ts';
import { DigestMd5Exchange, type SaslAnswer, type SaslTools } from './digest-md5.ts';

/** What the exchange needs of a connection, and changes in it. */
export interface SaslConnection {
  identities: readonly Id[];
  saslExchange: DigestMd5Exchange | null;
}

export interface SaslDesk {
  /** allowSaslFailedClients */
  readonly failedMayStay: boolean;
  /** Takes a client's token; a login that is complete adds its identity to the connection. */
  next(connection: SaslConnection, token: Uint8Array): SaslAnswer;
}

/**
 * @param jaas the text of the JAAS file, if there is one
 * @returns null when the server has no SASL
 * @throws ConfigError when the file is wrong, or MD5 is not to be had
 */
export function saslDesk(jaas: string | null, settings: Settings, tools: Pick<SaslTools, 'random' | 'digests'>): SaslDesk | null {
  const users = jaas === null ? null : saslUsers(jaas, settings.saslSection);
  if (users === null) return null;
  if (tools.digests.digest('MD5', new Uint8Array(0)) === null) throw new ConfigError('SASL DIGEST-MD5 needs MD5, which this machine refuses');
  const { saslSuperPassword, saslSuperUsers } = settings;
  const all = saslSuperPassword !== null && users.has('super') ? new Map([...users, ['super', saslSuperPassword]]) : users;
  return {
    failedMayStay: settings.saslFailedMayStay,
    next(connection, token) {
      connection.saslExchange ??= new DigestMd5Exchange({ random: tools.random, digests: tools.digests, users: all });
      const answer = connection.saslExchange.next(token);
      if (answer.kind === 'done') {
        const proved: Id[] = [{ scheme: 'sasl', id: answer.user }];
        if (saslSuperUsers.has(answer.user)) proved.push(SUPER);
        connection.identities = withIdentities(connection.identities, proved);
      }
      return answer;
    },
  };
}
