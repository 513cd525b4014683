/**
 * TLS between the members of an ensemble (QuorumX509Util, UnifiedServerSocket): the keys and certificates of this one,
 * the doors of its ports, and its calls to others. Must hold: who does not get in, or does not answer as it should, is
 * told of in one line, and no peer that tries again and again fills the log.
 */

import type { Socket } from 'node:net';
import { connect, type SecureContextOptions, type TLSSocket } from 'node:tls';
import type { Logger } from '../../base/logger.ts';
import type { QuorumTlsSettings } from '../../ensemble/config/quorum-tls-settings.ts';
import type { Endpoint } from '../../ensemble/replication/quorum/server-spec.ts';
import { nodeClock } from '../node-clock.ts';
import { socketReason } from '../socket-reason.ts';
import { hostProblem } from './host-check.ts';
import { RepeatedLines } from '../../base/repeated-lines.ts';
import { watchStores } from './store-watch.ts';
import { loadSecureOptions } from './stores.ts';
import { tlsDoor, type TlsDoor } from './tls-door.ts';

const IN_THE_CLEAR = 'it speaks in the clear, and this server takes TLS alone (sslQuorum without portUnification)';

/** TLS on a connection that this server opens; exactly one of both is called, once. */
export interface TlsCall {
  readonly onOpen: (socket: TLSSocket) => void;
  /** @param reason one clause for a person; the socket is closed */
  readonly onFail: (reason: string) => void;
}

export class QuorumTls {
  readonly settings: QuorumTlsSettings;
  readonly #logger: Logger;
  readonly #lines: RepeatedLines;
  readonly #doors = new Set<TlsDoor>();
  #options: SecureContextOptions;
  #stopWatching: () => void = () => undefined;

  private constructor(settings: QuorumTlsSettings, options: SecureContextOptions, logger: Logger) {
    this.settings = settings;
    this.#options = options;
    this.#logger = logger;
    this.#lines = new RepeatedLines(logger, () => nodeClock.monotonicMs());
  }

  /**
   * Reads the files, and goes on watching them where that is asked for (sslQuorumReloadCertFiles).
   *
   * @throws UsageError naming the key and the file that cannot be used
   */
  static async open(settings: QuorumTlsSettings, logger: Logger): Promise<QuorumTls> {
    const { tls } = settings;
    const made = new QuorumTls(settings, await loadSecureOptions(tls), logger);
    if (tls.reload) {
      const files = [tls.keyStore, tls.trustStore].flatMap((store) => (store === null ? [] : [store.location]));
      made.#stopWatching = watchStores(files, () => made.#reload());
    }
    return made;
  }

  /**
   * What stands between a port of this server and those who call it.
   *
   * @param port what it is called in the log
   * @param admit called with those who may come in
   */
  door(port: string, admit: (socket: Socket) => void): TlsDoor {
    const { tls, plainToo, checksCallers, reverseLookup } = this.settings;
    let waiting = 0;
    const turnAway = (remote: string, reason: string): void => {
      this.#lines.warn(`${port} ${remote}`, 'a server is not let in', { port, remote, reason });
    };
    const handshakes = {
      begin: (remote: string): boolean => {
        if (waiting >= tls.handshakesMax) {
          turnAway(remote, 'too many others are waiting');
          return false;
        }
        waiting++;
        return true;
      },
      end: (remote: string, failed: string | null): void => {
        waiting--;
        if (failed !== null) turnAway(remote, failed);
      },
      reloaded: (): void => undefined,
    };
    // The first bytes are looked at in any case: what OpenSSL says of a peer in the clear helps nobody.
    const door = tlsDoor({ settings: tls, plainToo: true, handshakes }, this.#options, (socket, peer) => {
      if (peer !== null || plainToo) {
        admit(socket);
        return;
      }
      turnAway(socket.remoteAddress ?? '', IN_THE_CLEAR);
      socket.destroy();
    }, checksCallers ? { check: (socket) => this.#problemOf(socket, null, reverseLookup) } : {});
    this.#doors.add(door);
    return {
      ...door,
      close: () => {
        this.#doors.delete(door);
        door.close();
      },
    };
  }

  /** Opens a connection and makes sure who is at its other end. The caller limits the time by destroying the socket. */
  call({ host, port }: Endpoint, { onOpen, onFail }: TlsCall): TLSSocket {
    const { checksCalled, reverseLookup } = this.settings;
    const socket = connect({ ...this.#options, host, port, rejectUnauthorized: false, checkServerIdentity: () => undefined });
    socket.setNoDelay(true);
    let settled = false;
    let answered = false;
    const fail = (reason: string): void => {
      if (settled) return;
      settled = true;
      socket.destroy();
      onFail(reason);
    };
    socket.once('connect', () => {
      answered = true;
    });
    socket.on('error', (error: Error & { readonly reason?: string }) => fail(answered ? handshakeReason(error) : socketReason(error)));
    socket.once('close', () => fail(answered ? 'the connection was closed during the TLS handshake' : 'the connection was closed'));
    socket.once('secureConnect', () => {
      if (!socket.authorized) {
        fail(`the server's certificate is not trusted (${String(socket.authorizationError)})`);
        return;
      }
      void (checksCalled ? this.#problemOf(socket, host, reverseLookup) : Promise.resolve(null)).then((problem) => {
        if (problem !== null) fail(problem);
        if (settled) return;
        settled = true;
        onOpen(socket);
      });
    });
    return socket;
  }

  /** A call failed that is tried again and again. */
  callFailed(whom: string, reason: string): void {
    this.#lines.warn(`call ${whom}`, 'a server cannot be called over TLS', { server: whom, reason });
  }

  callStands(whom: string): void {
    this.#lines.over(`call ${whom}`);
  }

  close(): void {
    this.#stopWatching();
    for (const door of this.#doors) door.close();
  }

  async #problemOf(socket: TLSSocket, host: string | null, reverseLookup: boolean): Promise<string | null> {
    const certificate = socket.getPeerX509Certificate();
    return certificate === undefined ? null : hostProblem(certificate, socket.remoteAddress, host, reverseLookup);
  }

  async #reload(): Promise<void> {
    try {
      this.#options = await loadSecureOptions(this.settings.tls);
      for (const door of this.#doors) door.renew(this.#options);
      this.#logger.log('info', 'keys and certificates for the ensemble were read anew', {});
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#logger.log('error', 'new keys or certificates for the ensemble cannot be used; those from before stay', { reason });
    }
  }
}

/** What a peer in the clear makes of a greeting in TLS, among others. */
function handshakeReason(error: Error & { readonly reason?: string }): string {
  const reason = error.reason ?? socketReason(error);
  return /wrong version number|packet length too long|unknown protocol/i.test(reason) ? 'it does not answer in TLS' : `the TLS handshake failed: ${reason}`;
}
