/** Sessions of a job's own: opened as the connection's is, so that browsing is not slowed by what a job sends. */

import type { ClientOptions, ZooKeeper } from '../../../client/api.ts';
import type { Id } from '../../../model/acl.ts';
import { digestId } from '../../acl/digest.ts';
import { clientOptionsOf } from '../../connections/connections-service.ts';
import type { OpenConnection } from '../../connections/open-connection.ts';
import { isAtLeast, serverVersion } from '../../connections/server-version.ts';
import type { AskServer, Ports } from '../../ports.ts';
import type { Credentials } from '../../profiles/credentials.ts';
import type { EndpointSource } from '../endpoint.ts';

export interface SourceParts {
  readonly ports: Pick<Ports, 'transport' | 'clock' | 'random' | 'logger' | 'hash'>;
  readonly openClient: (options: ClientOptions) => ZooKeeper;
  readonly askServer: AskServer;
}

/** Above the widest window of a job's own pace. */
const IN_FLIGHT_MAX = 512;

/** The ensemble of a connection, as one end of a job. It goes on when the connection is closed. */
export async function endpointSourceOf(parts: SourceParts, connection: OpenConnection): Promise<EndpointSource> {
  const { ports, openClient, askServer } = parts;
  const { profile, credentials } = connection;
  const options = { ...clientOptionsOf(ports as Ports, profile, credentials), inFlightMax: IN_FLIGHT_MAX };
  return {
    name: profile.name,
    requestBytesMax: profile.juteMaxBuffer,
    identities: await certainIdentities(ports, credentials),
    open: () => Promise.resolve(openClient(options)),
    close: (client) => client.close(),
    multiRead: async () => isAtLeast(await serverVersion(askServer, connection), 3, 6),
  };
}

/** Those that follow from the credentials; what a server adds (an address, a certificate) is not known here. */
function certainIdentities({ hash }: SourceParts['ports'], credentials: readonly Credentials[]): Promise<Id[]> {
  const digests = credentials.filter(({ scheme }) => scheme === 'digest');
  return Promise.all(digests.map(async ({ scheme, user, secret }) => ({ scheme, id: await digestId(hash, user, secret) })));
}
