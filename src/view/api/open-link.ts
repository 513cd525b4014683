/** Chooses the link by where the page runs: Electron's bridge where there is one, else the host that served it. */

import { BRIDGE_NAME, SESSION_PATH, SOCKET_PATH, type ViewBridge } from '../../contract/wire-api.ts';
import { electronLink } from './electron-link.ts';
import type { Link } from './link.ts';
import { webSocketLink } from './websocket-link.ts';

const PROBE_MS = 4_000;

/** The link of this page. */
export function openLink(page: Window = window): Link {
  const bridge = (page as unknown as Record<string, unknown>)[BRIDGE_NAME];
  if (isBridge(bridge)) return electronLink(bridge);
  const { protocol, host, origin } = page.location;
  return webSocketLink({
    url: `${protocol === 'https:' ? 'wss' : 'ws'}://${host}${SOCKET_PATH}`,
    accepted: async () => {
      const answer = await fetch(`${origin}${SESSION_PATH}`, { cache: 'no-store', signal: AbortSignal.timeout(PROBE_MS) });
      return answer.status !== 401 && answer.status !== 403;
    },
  });
}

function isBridge(value: unknown): value is ViewBridge {
  return typeof value === 'object' && value !== null && 'send' in value && 'onFrame' in value && 'open' in value;
}
