/** The link inside Electron: the bridge that the preload shows. It stays open until the host ends it. */

import type { ViewBridge } from '../../contract/wire-api.ts';
import { LinkSendError, Listeners, type Link, type LinkState } from './link.ts';

/** Makes a link of the preload's bridge, open at once. */
export function electronLink(bridge: ViewBridge): Link {
  const states = new Listeners<LinkState>();
  const frames = new Listeners<unknown>();
  let state: LinkState = { kind: 'open', reason: null, opened: 1, retryAtMs: null };
  const move = (change: Partial<LinkState>): void => {
    state = { ...state, reason: null, ...change };
    states.tell(state);
  };

  const stops = [
    bridge.onFrame((frame) => frames.tell(frame)),
    bridge.onClose((reason) => {
      if (state.kind === 'open') move({ kind: 'lost', reason });
    }),
  ];
  bridge.open();
  return {
    get state() {
      return state;
    },
    onState: (listener) => states.add(listener),
    send(frame) {
      if (state.kind !== 'open') throw new LinkSendError('NotOpen', 'the link is not open');
      bridge.send(frame);
    },
    onFrame: (listener) => frames.add(listener),
    reconnect() {
      if (state.kind !== 'lost') return;
      bridge.open();
      move({ kind: 'open', opened: state.opened + 1 });
    },
    close() {
      if (state.kind === 'closed') return;
      for (const stop of stops) stop();
      move({ kind: 'closed' });
    },
  };
}
