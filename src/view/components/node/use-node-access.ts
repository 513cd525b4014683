/** What this session may do with a node now, for reasons that lie in the connection. */

import { computed, type ComputedRef } from 'vue';
import { dataBytesMax } from '../../editor/value/value-size.ts';
import { useText } from '../../i18n/use-text.ts';
import { useAppStore } from '../../stores/app.ts';
import { healthOf, useConnectionsStore } from '../../stores/connections.ts';

export interface NodeAccess {
  /** Nothing can be written on this connection, connected or not. */
  readonly readOnly: boolean;
  readonly whyReadOnly: string;
  /** Not read-only, and connected. */
  readonly canWrite: boolean;
  readonly connected: boolean;
  readonly production: boolean;
  readonly sessionId: bigint;
  readonly connectionName: string;
  /** The path as it is sent, chroot included. */
  readonly sentPath: string;
  readonly juteMaxBuffer: number;
  /** The most data that one write of this node may carry. */
  readonly dataBytesMax: number;
}

const DEFAULT_JUTE_MAX_BUFFER = 1_048_575;

export function useNodeAccess(connectionId: () => string, path: () => string): ComputedRef<NodeAccess> {
  const text = useText();
  const connections = useConnectionsStore();
  const app = useAppStore();
  return computed(() => {
    const state = connections.byId.get(connectionId());
    // What the page has lost the app for, it cannot know to be connected.
    const reached = app.link.kind !== 'lost' && app.link.kind !== 'closed';
    const connected = reached && state !== undefined && healthOf(state) === 'fine';
    const serverReadOnly = state?.state === 'connectedReadOnly';
    const readOnly = state?.readOnly === true || serverReadOnly;
    const chroot = state?.chroot ?? '';
    const sentPath = chroot === '' || chroot === '/' ? path() : `${chroot}${path() === '/' ? '' : path()}`;
    const juteMaxBuffer = state?.juteMaxBuffer ?? DEFAULT_JUTE_MAX_BUFFER;
    return {
      readOnly,
      whyReadOnly: readOnly ? text.t(serverReadOnly ? 'node.data.readOnlyServer' : 'node.data.readOnlyConnection') : '',
      canWrite: connected && !readOnly,
      connected,
      production: state?.environment === 'production',
      sessionId: state?.sessionId ?? 0n,
      connectionName: state?.name ?? '',
      sentPath,
      juteMaxBuffer,
      dataBytesMax: dataBytesMax(sentPath, juteMaxBuffer),
    };
  });
}
