/** The servers of each connection, asked for themselves while somebody looks. */

import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import type { ClusterStatus } from '../../contract/cluster.ts';
import type { Failure } from '../../contract/shapes.ts';
import { backend, failureOf, isCancelled } from './backend.ts';
import { useConnectionsStore } from './connections.ts';

export { outliersOf, type Outlier } from './cluster-outliers.ts';

export interface ClusterView {
  readonly status: ClusterStatus | null;
  readonly busy: boolean;
  readonly failure: Failure | null;
}

/** What nobody kept current for so long is not shown while the servers are asked anew. */
const OLD_AFTER_MS = 15_000;
const NOTHING: ClusterView = { status: null, busy: false, failure: null };

export const useClusterStore = defineStore('cluster', () => {
  const byConnection = shallowRef<ReadonlyMap<string, ClusterView>>(new Map());
  const viewers = new Map<string, number>();

  const of = (connectionId: string): ClusterView => byConnection.value.get(connectionId) ?? NOTHING;

  function put(connectionId: string, part: Partial<ClusterView>): void {
    byConnection.value = new Map(byConnection.value).set(connectionId, { ...of(connectionId), ...part });
  }

  backend().on('cluster.changed', (status) => put(status.connectionId, { status, failure: null }));
  // A host that was lost has forgotten who looks.
  backend().onLinkState((link) => {
    if (link.kind === 'open') for (const connectionId of viewers.keys()) watchOn(connectionId, true);
  });
  useConnectionsStore().onClosed((connectionId) => {
    viewers.delete(connectionId);
    const next = new Map(byConnection.value);
    next.delete(connectionId);
    byConnection.value = next;
  });

  function watchOn(connectionId: string, on: boolean): void {
    void backend()
      .call('cluster.watch', { connectionId, on })
      .catch((thrown: unknown) => {
        if (on && !isCancelled(thrown)) put(connectionId, { failure: failureOf(thrown) });
      });
  }

  /** Asks every server once, and then again and again until `leave`. */
  function look(connectionId: string): void {
    const count = viewers.get(connectionId) ?? 0;
    viewers.set(connectionId, count + 1);
    if (count > 0) return;
    const { status } = of(connectionId);
    if (status !== null && Date.now() - status.atMs > OLD_AFTER_MS) put(connectionId, { status: null });
    watchOn(connectionId, true);
    void refresh(connectionId);
  }

  /** Answers one `look`. */
  function leave(connectionId: string): void {
    const count = viewers.get(connectionId) ?? 0;
    if (count > 1) viewers.set(connectionId, count - 1);
    else if (viewers.delete(connectionId)) watchOn(connectionId, false);
  }

  /** Asks every server once, now. */
  async function refresh(connectionId: string): Promise<void> {
    if (of(connectionId).busy) return;
    put(connectionId, { busy: true });
    try {
      put(connectionId, { status: await backend().call('cluster.status', { connectionId }), busy: false, failure: null });
    } catch (thrown) {
      put(connectionId, { busy: false, failure: isCancelled(thrown) ? null : failureOf(thrown) });
    }
  }

  return { byConnection, of, look, leave, refresh };
});
