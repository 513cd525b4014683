/**
 * Both ends of a link inside one process, for tests. Frames are cloned as Electron's IPC clones them, and arrive
 * later than they were sent, in order.
 */

import { LinkSendError, Listeners, type Link, type LinkState } from './link.ts';

/** The host's end; fits the hosts' ViewChannel. */
export interface MemoryHostEnd {
  send(frame: unknown): void;
  onFrame(listener: (frame: unknown) => void): void;
  onClose(listener: () => void): void;
  close(reason: string): void;
}

export interface MemoryPair {
  readonly link: Link;
  readonly host: MemoryHostEnd;
}

/** An open link and the host's end of it. */
export function memoryPair(): MemoryPair {
  const toView = new Listeners<unknown>();
  const toHost = new Listeners<unknown>();
  const states = new Listeners<LinkState>();
  const closed = new Listeners<undefined>();
  let state: LinkState = { kind: 'open', reason: null, opened: 1, retryAtMs: null };

  const deliver = (listeners: Listeners<unknown>, frame: unknown): void => {
    const copy: unknown = structuredClone(frame);
    queueMicrotask(() => {
      if (state.kind === 'open') listeners.tell(copy);
    });
  };
  const end = (kind: 'lost' | 'closed', reason: string | null): void => {
    if (state.kind !== 'open') return;
    state = { ...state, kind, reason };
    closed.tell(undefined);
    states.tell(state);
  };

  return {
    link: {
      get state() {
        return state;
      },
      onState: (listener) => states.add(listener),
      send(frame) {
        if (state.kind !== 'open') throw new LinkSendError('NotOpen', 'the link is not open');
        deliver(toHost, frame);
      },
      onFrame: (listener) => toView.add(listener),
      reconnect: () => undefined,
      close: () => end('closed', null),
    },
    host: {
      send(frame) {
        if (state.kind === 'open') deliver(toView, frame);
      },
      onFrame: (listener) => void toHost.add(listener),
      onClose: (listener) => void closed.add(listener),
      close: (reason) => end('lost', reason),
    },
  };
}
