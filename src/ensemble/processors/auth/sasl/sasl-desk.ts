/** SASL for the connections of one server: who may log in, and what a login gives (ZooKeeperServer.processSasl). */

import type { Id } from '../../../../model/acl.ts';
import { withIdentities } from '../access.ts';
import { SUPER } from '../digest-provider.ts';
import { DigestMd5Exchange, type SaslAnswer, type SaslTools } from './digest-md5.ts';

/** What the exchange needs of a connection, and changes in it. */
export interface SaslConnection {
  identities: readonly Id[];
  saslExchange: DigestMd5Exchange | null;
}

export interface SaslOptions {
  /** superUser and superUser.N: who may do everything. */
  readonly saslSuperUsers: ReadonlySet<string>;
  /** allowSaslFailedClients */
  readonly saslFailedMayStay: boolean;
}

export class SaslDesk {
  readonly failedMayStay: boolean;
  readonly #tools: SaslTools;
  readonly #superUsers: ReadonlySet<string>;

  constructor(options: SaslOptions, tools: SaslTools) {
    this.failedMayStay = options.saslFailedMayStay;
    this.#superUsers = options.saslSuperUsers;
    this.#tools = tools;
  }

  /** Takes a client's token; a login that is complete adds its identity to the connection. */
  next(connection: SaslConnection, token: Uint8Array): SaslAnswer {
    connection.saslExchange ??= new DigestMd5Exchange(this.#tools);
    const answer = connection.saslExchange.next(token);
    if (answer.kind === 'done') {
      const proved: Id[] = [{ scheme: 'sasl', id: answer.user }];
      if (this.#superUsers.has(answer.user)) proved.push(SUPER);
      connection.identities = withIdentities(connection.identities, proved);
    }
    return answer;
  }
}
