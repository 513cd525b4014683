/**
 * The leader port of members that prove to each other who they are: nothing else is said on a connection before that
 * (Learner.connectToLeader, LearnerHandler). Must hold: who proves nothing in time is sent away.
 */

import type { CancelTimer, Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { RepeatedLines } from '../../base/repeated-lines.ts';
import type { ClientSocket, SocketHandler } from '../listener.ts';
import type { QuorumNetwork } from '../quorum-network.ts';
import type { AuthEnd, AuthExchange, AuthProgress, PeerAuth } from '../replication/quorum/peer-auth.ts';

export interface AuthenticationParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** For a whole exchange. */
  readonly timeoutMs: number;
}

/** The network with proofs in front of every conversation on the leader port. The election port has its own, behind greetings. */
export function authenticatedNetwork(network: QuorumNetwork, auth: PeerAuth, parts: AuthenticationParts): QuorumNetwork {
  const lines = new RepeatedLines(parts.logger, () => parts.clock.monotonicMs());
  return {
    election: (onInput) => network.election(onInput),
    async listen(at, accept) {
      const waiting = new Set<ProvingHandler>();
      const listener = await network.listen(at, (socket) => {
        const handler = new ProvingHandler(socket, auth.called(), parts, accept, (reason) => {
          lines.warn(`learner ${socket.remoteAddress}`, 'a learner is not let in', { remote: socket.remoteAddress, reason });
        });
        waiting.add(handler);
        handler.decided = () => waiting.delete(handler);
        return handler;
      });
      return {
        ...listener,
        close: () => {
          // A port is closed when all its connections are: those of whom nobody else knows yet must not keep it open.
          for (const handler of waiting) handler.abandon();
          return listener.close();
        },
      };
    },
    connect(options, onOpen, onFail) {
      const { caller } = auth;
      if (caller === null) {
        network.connect(options, onOpen, onFail);
        return;
      }
      network.connect(options, (socket) => new ProvingHandler(socket, caller(), parts, onOpen, (reason) => {
        const { host, port } = options.to;
        lines.warn(`leader ${host}:${port}`, 'a leader does not let this server in', { leader: `${host}:${port}`, reason });
        onFail(reason);
      }), onFail);
    },
  };
}

/** Lets the exchange have the connection, and after it the one who is there for it. */
class ProvingHandler implements SocketHandler {
  readonly #socket: ClientSocket;
  readonly #exchange: AuthExchange;
  readonly #open: (socket: ClientSocket) => SocketHandler | null;
  readonly #fail: (reason: string) => void;
  readonly #cancelTimer: CancelTimer;
  #inner: SocketHandler | null = null;
  #over = false;
  /** Called when it is known who is there, or that nobody is. */
  decided: () => void = () => undefined;

  constructor(
    socket: ClientSocket, exchange: AuthExchange, { clock, timeoutMs }: AuthenticationParts,
    open: (socket: ClientSocket) => SocketHandler | null, fail: (reason: string) => void,
  ) {
    this.#socket = socket;
    this.#exchange = exchange;
    this.#open = open;
    this.#fail = fail;
    this.#cancelTimer = clock.after(timeoutMs, () => this.#end(exchange.giveUp('it took too long')));
    this.#go(exchange.begin());
  }

  onData(chunk: Uint8Array): void {
    if (this.#inner !== null) this.#inner.onData(chunk);
    else if (!this.#over) this.#go(this.#exchange.push(chunk));
  }

  onDrain(): void {
    this.#inner?.onDrain();
  }

  onClose(): void {
    if (this.#inner !== null) this.#inner.onClose();
    else if (!this.#over) {
      this.#settle();
      this.#fail('the connection was closed before it was known who is there');
    }
  }

  /** Nobody waits any more for what is being proved. */
  abandon(): void {
    if (this.#over) return;
    this.#settle();
    this.#socket.destroy();
  }

  #settle(): void {
    this.#over = true;
    this.#cancelTimer();
    this.decided();
  }

  #go({ send, end }: AuthProgress): void {
    for (const bytes of send) this.#socket.write(bytes);
    if (end !== null) this.#end(end);
  }

  #end(end: AuthEnd): void {
    if (this.#over) return;
    this.#settle();
    if (!end.passed) {
      // What was said last has to reach the other side: it is told that it is not believed.
      this.#socket.end();
      this.#fail(end.reason);
      return;
    }
    this.#inner = this.#open(this.#socket);
    if (this.#inner === null) this.#socket.destroy();
    else if (end.rest.length > 0) this.#inner.onData(end.rest);
  }
}
