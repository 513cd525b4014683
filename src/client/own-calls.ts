/** The requests that the client makes by itself: watches registered again, and closeSession. */

import type { Logger } from '../base/logger.ts';
import { setWatches, setWatches2 } from '../wire/operations/watches.ts';
import { Call, type CallKind } from './call.ts';
import { CLOSE_SESSION, SET_WATCHES, SET_WATCHES2 } from './call-kinds.ts';
import { requestFrame } from './request-frame.ts';
import { RENEWAL_BYTES_MAX, renewalBatches } from './watch-renewal.ts';
import type { WatchRegistry } from './watch-registry.ts';

/** setWatches for everything that is watched; setWatches2 only where a persistent watch is (facts 2.3). */
export function renewalCalls(watches: WatchRegistry, lastZxid: bigint, requestBytesMax: number, logger: Logger): Call[] {
  const bytesMax = Math.min(RENEWAL_BYTES_MAX, requestBytesMax - 64);
  return renewalBatches(watches, lastZxid, bytesMax).map(({ persistent, request }) => {
    const frame = persistent
      ? requestFrame(setWatches2.code, setWatches2.request, request, Infinity)
      : requestFrame(setWatches.code, setWatches.request, request, Infinity);
    return ownCall(persistent ? SET_WATCHES2 : SET_WATCHES, frame, {
      resolve: () => undefined,
      reject: (error) => logger.log('warn', 'watches could not be registered again', { error: error.message }),
    });
  });
}

/** closeSession. @param answered called when the server has closed the session */
export function goodbyeCall(answered: () => void): Call {
  const frame = requestFrame(CLOSE_SESSION.code, null, null, Infinity);
  return ownCall(CLOSE_SESSION, frame, { resolve: answered, reject: () => undefined });
}

function ownCall(kind: CallKind<unknown>, frame: Uint8Array, waiter: { resolve(): void; reject(error: Error): void }): Call {
  return new Call({ kind, path: null, serverPath: '', chroot: '', frame, watch: null }, waiter);
}
