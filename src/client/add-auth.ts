/** addAuth: a credential that is confirmed on this connection and sent again on each later one. */

import { onCancel } from '../base/signal.ts';
import { CancelledError } from '../model/errors.ts';
import { AuthPacket } from '../wire/records/headers.ts';
import { auth as authOperation } from '../wire/operations/session.ts';
import type { AuthInfo, CallOptions } from './api.ts';
import type { CallWaiter } from './call.ts';
import type { Engine } from './engine.ts';
import { requestFrame } from './request-frame.ts';

/**
 * Resolves when a server took the credential, on this connection or a later one.
 *
 * @throws AuthFailedError when it was refused, after which the client has ended; UsageError RequestTooLarge
 */
export function addAuth(engine: Engine, info: AuthInfo, options: CallOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    // Only for the check of its size: the list makes the frame that is sent.
    requestFrame(authOperation.code, AuthPacket, { type: 0, ...info }, engine.requestBytesMax);
    if (options.signal?.aborted === true) throw new CancelledError();
    let unlisten = (): void => undefined;
    const waiter: CallWaiter = {
      resolve: () => {
        unlisten();
        resolve();
      },
      reject: (error) => {
        unlisten();
        reject(error);
      },
    };
    unlisten = onCancel(options.signal, () => engine.cancelAuth(waiter));
    engine.addAuth(info, waiter);
  });
}
