/**
 * Connections whose TLS handshake is under way: they are nobody's yet, and still cost more than others. They count
 * among the connections of their address, so that whoever begins handshakes and leaves them lying gets no further
 * than anybody else.
 */

import type { Logger } from '../base/logger.ts';
import type { Connections } from './connections.ts';
import type { HandshakeGate } from './listener.ts';
import type { ServerStats } from './processors/stats.ts';

export interface HandshakeParts {
  readonly connections: Connections;
  readonly stats: ServerStats;
  readonly logger: Logger;
  readonly onSecurePort: boolean;
}

export class Handshakes implements HandshakeGate {
  readonly #max: number;
  readonly #parts: HandshakeParts;
  readonly #perAddress = new Map<string, number>();
  #outstanding = 0;

  /** @param max at one time; 0: as many as there may be connections */
  constructor(max: number, parts: HandshakeParts) {
    this.#max = max;
    this.#parts = parts;
  }

  get outstanding(): number {
    return this.#outstanding;
  }

  begin(remoteAddress: string): boolean {
    const { connections, stats, onSecurePort } = this.#parts;
    const own = this.#perAddress.get(remoteAddress) ?? 0;
    if (!connections.mayAccept({ remoteAddress, onSecurePort }, { ofAddress: own, all: this.#outstanding })) {
      stats.count('connection_rejected');
      return false;
    }
    if (this.#max > 0 && this.#outstanding >= this.#max) {
      stats.count('tls_handshake_exceeded');
      return false;
    }
    this.#outstanding++;
    this.#perAddress.set(remoteAddress, own + 1);
    return true;
  }

  end(remoteAddress: string, failed: string | null): void {
    const { stats, logger } = this.#parts;
    this.#outstanding--;
    const left = (this.#perAddress.get(remoteAddress) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(remoteAddress);
    else this.#perAddress.set(remoteAddress, left);
    if (failed === null) return;
    stats.count('unsuccessful_handshake');
    stats.count('auth_failed_count');
    logger.log('info', 'TLS handshake failed', { remote: remoteAddress, reason: failed });
  }

  reloaded(failed: string | null): void {
    const { logger } = this.#parts;
    if (failed === null) logger.log('info', 'keys and certificates were read anew', {});
    else logger.log('error', 'new keys or certificates cannot be used; those from before stay', { reason: failed });
  }
}
