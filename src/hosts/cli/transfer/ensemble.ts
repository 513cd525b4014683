/** One ensemble of a command: sessions of its own, with the credentials that were given for it. */

import { connectZooKeeper } from '../../../client/client.ts';
import { fourLetterWord } from '../../../client/four-letter.ts';
import type { AuthInfo } from '../../../client/api.ts';
import { encodeUtf8 } from '../../../base/text.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Id } from '../../../model/acl.ts';
import { nodeClock } from '../../../platform/node-clock.ts';
import { nodeHash } from '../../../platform/node-hash.ts';
import { nodeRandom } from '../../../platform/node-random.ts';
import { nodeTransport } from '../../../platform/node-transport.ts';
import { digestId } from '../../../services/acl/digest.ts';
import { parseSrvr } from '../../../services/cluster/parse-srvr.ts';
import { isAtLeast } from '../../../services/connections/server-version.ts';
import type { EndpointSource } from '../../../services/transfer/endpoint.ts';
import type { AuthText, TransferSettings } from './command.ts';

const VERSION_TIMEOUT_MS = 3_000;
/** A transfer keeps up to this many requests under way, and a few of its own besides. */
const IN_FLIGHT_MAX = 512;

/** What a job opens for one of its sides. @param connect as it was typed */
export async function ensembleSource(
  connect: string,
  auth: readonly AuthText[],
  settings: Pick<TransferSettings, 'sessionTimeoutMs' | 'requestBytesMax'>,
  logger: Logger,
): Promise<EndpointSource> {
  const transport = nodeTransport({ random: nodeRandom });
  const packets: AuthInfo[] = auth.map(({ scheme, credentials }) => ({ scheme, auth: encodeUtf8(credentials) }));
  return {
    name: connect,
    requestBytesMax: settings.requestBytesMax,
    identities: await identitiesOf(auth),
    open: () =>
      Promise.resolve(
        connectZooKeeper({
          connectString: connect,
          sessionTimeoutMs: settings.sessionTimeoutMs,
          requestBytesMax: settings.requestBytesMax,
          inFlightMax: IN_FLIGHT_MAX,
          auth: packets,
          transport,
          clock: nodeClock,
          random: nodeRandom,
          logger,
        }),
      ),
    close: (client) => client.close(),
    async multiRead({ server }) {
      if (server === null) return false;
      // Unknown operations end the connection, so that the version decides; a server that hides it gets single reads.
      const text = await fourLetterWord(transport, nodeClock, server, 'srvr', { timeoutMs: VERSION_TIMEOUT_MS });
      return isAtLeast(parseSrvr(text)?.version ?? null, 3, 6);
    },
  };
}

/** Those that follow from the credentials; what a server adds (an address, a certificate) is not known here. */
async function identitiesOf(auth: readonly AuthText[]): Promise<Id[]> {
  const digests = auth.filter(({ scheme, credentials }) => scheme === 'digest' && credentials.includes(':'));
  return Promise.all(
    digests.map(async ({ scheme, credentials }) => {
      const colon = credentials.indexOf(':');
      return { scheme, id: await digestId(nodeHash, credentials.slice(0, colon), credentials.slice(colon + 1)) };
    }),
  );
}
