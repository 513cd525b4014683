/** The ports of a simulated member: elections, the leader port, and clients, all on the simulated network. */

import type { Listener, SocketHandler } from '../../../../src/ensemble/listener.ts';
import type { ElectionNetwork, QuorumNetwork } from '../../../../src/ensemble/quorum-network.ts';
import type { NetworkEffect, NetworkInput } from '../../../../src/ensemble/replication/election/network.ts';
import type { Scheduler } from '../scheduler.ts';
import type { SimHandler, SimNetwork, SimSocket } from '../sim-network.ts';
import { CarriedSocket, type Enter } from './carried-socket.ts';

export interface MemberPlace {
  readonly host: string;
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly enter: Enter;
  readonly alive: () => boolean;
}

const NOBODY: SimHandler = { onData: () => undefined, onClose: () => undefined };

type Accept = (socket: CarriedSocket) => SocketHandler | null;

/** @param at its host is passed over: a member listens where it lives */
export function listenAt(place: MemberPlace, at: { readonly port: number }, accept: Accept): Promise<Listener> {
  const { host, scheduler, network, enter } = place;
  const stop = network.listen(host, at.port, (socket) => {
    const carried = new CarriedSocket(scheduler, socket, enter);
    // The kernel accepts at once; the process learns of it when it runs.
    enter(() => {
      const handler = accept(carried);
      if (handler === null) carried.destroy();
      else carried.handler = handler;
    });
    return carried;
  });
  return Promise.resolve({
    host, port: at.port,
    close: () => {
      stop();
      return Promise.resolve();
    },
  });
}

export function quorumNetworkAt(place: MemberPlace): QuorumNetwork {
  const { host, scheduler, network, enter, alive } = place;
  return {
    election: (onInput) => new SimElectionNetwork(place, onInput),
    listen: (at, accept) => listenAt(place, at, accept),
    connect({ to, timeoutMs }, onOpen, onFail) {
      network.connect(host, to, timeoutMs, (socket) => {
        if (!alive()) return NOBODY;
        const carried = new CarriedSocket(scheduler, socket, enter);
        enter(() => {
          carried.handler = onOpen(carried);
        });
        return carried;
      }, () => enter(() => onFail('nobody answers')));
    },
  };
}

class SimElectionNetwork implements ElectionNetwork {
  readonly #place: MemberPlace;
  readonly #onInput: (input: NetworkInput) => void;
  readonly #sockets = new Map<number, SimSocket>();
  #nextLink = 1;
  #stop: () => void = () => undefined;
  #closed = false;

  constructor(place: MemberPlace, onInput: (input: NetworkInput) => void) {
    this.#place = place;
    this.#onInput = onInput;
  }

  listen(_host: string | null, port: number): Promise<void> {
    const { network, host } = this.#place;
    this.#stop = network.listen(host, port, (socket) => {
      const { link, handler } = this.#adopt(socket);
      this.#tell({ kind: 'accepted', link });
      return handler;
    });
    return Promise.resolve();
  }

  perform(effects: readonly NetworkEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'connect') this.#connect(effect);
      else if (effect.kind === 'write') this.#write(effect.link, effect.bytes);
      else {
        this.#sockets.get(effect.link)?.close();
        this.#sockets.delete(effect.link);
      }
    }
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#stop();
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
    return Promise.resolve();
  }

  #connect({ sid, addresses, timeoutMs }: Extract<NetworkEffect, { kind: 'connect' }>): void {
    const { network, host, alive } = this.#place;
    const [address] = addresses;
    if (address === undefined) return;
    network.connect(host, address, timeoutMs, (socket) => {
      if (!alive()) return NOBODY;
      const { link, handler } = this.#adopt(socket);
      this.#tell({ kind: 'connected', sid, link });
      return handler;
    }, () => this.#tell({ kind: 'connectFailed', sid }));
  }

  #write(link: number, bytes: Uint8Array): void {
    const socket = this.#sockets.get(link);
    if (socket === undefined) return;
    socket.write(bytes.slice());
    this.#place.scheduler.after(1, () => {
      if (this.#sockets.has(link)) this.#tell({ kind: 'flushed', link });
    });
  }

  #adopt(socket: SimSocket): { readonly link: number; readonly handler: SimHandler } {
    const link = this.#nextLink++;
    this.#sockets.set(link, socket);
    const handler = {
      onData: (bytes: Uint8Array) => {
        if (this.#sockets.has(link)) this.#tell({ kind: 'data', link, bytes });
      },
      onClose: () => {
        if (this.#sockets.delete(link)) this.#tell({ kind: 'closed', link });
      },
    };
    return { link, handler };
  }

  #tell(input: NetworkInput): void {
    this.#place.enter(() => {
      if (!this.#closed) this.#onInput(input);
    });
  }
}
