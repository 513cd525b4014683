/** The handlers of `tree.*`: listing nodes, and the stats of the rows on screen. */

import { identitiesOf, type IdentityParts } from '../acl/identities.ts';
import type { ConnectionsService } from '../connections/connections-service.ts';
import type { HandlersOf } from '../context.ts';
import type { Ports } from '../ports.ts';
import { listChildren } from './children.ts';
import { readRowStats } from './row-stats.ts';

export function treeHandlers(
  connections: ConnectionsService,
  ports: Pick<Ports, 'clock'>,
  identityParts: IdentityParts,
): HandlersOf<'tree.children' | 'tree.stats'> {
  return {
    'tree.children': (params, { signal }) =>
      listChildren(connections.get(params.connectionId), params, ports.clock.monotonicMs(), signal),
    'tree.stats': ({ connectionId, paths }, { signal }) => {
      const connection = connections.get(connectionId);
      const identities = () => identitiesOf(identityParts, connection);
      return readRowStats(connection, identities, paths, ports.clock.monotonicMs(), signal);
    },
  };
}
