/** The ports for clients: in the clear, for TLS, or one for both (facts 5.1; QuorumPeerConfig, NettyServerCnxnFactory). */

import type { Logger } from '../base/logger.ts';
import { parseFlag } from './config/values.ts';
import { readTlsSettings, type TlsSettings } from './config/tls-settings.ts';
import type { Properties, ZooCfg } from './config/zoo-cfg.ts';
import type { Connections } from './connections.ts';
import { Handshakes } from './handshakes.ts';
import type { ClientSocket, Listen, Listener, SocketHandler, TlsListening } from './listener.ts';
import type { ServerStats } from './processors/stats.ts';

export interface ClientPortSettings {
  /** null: no port speaks TLS. */
  readonly tls: TlsSettings | null;
  /** client.portUnification: clientPort takes clients over TLS and in the clear. */
  readonly unified: boolean;
}

export interface ClientPortParts {
  readonly listen: Listen;
  readonly connections: Connections;
  readonly stats: ServerStats;
  readonly logger: Logger;
  readonly accept: (socket: ClientSocket, onSecurePort: boolean) => SocketHandler | null;
}

/** Whether anybody can come over TLS, and with what. @throws ConfigError naming the key */
export function readClientPortSettings(config: Pick<ZooCfg, 'secureClientPort' | 'properties'>): ClientPortSettings {
  const unified = flag(config.properties, 'client.portUnification');
  const wanted = unified || config.secureClientPort >= 0;
  return { tls: wanted ? readTlsSettings(config.properties) : null, unified };
}

function flag(properties: Properties, key: string): boolean {
  const text = properties.get(`zookeeper.${key}`);
  return text !== undefined && parseFlag(key, text);
}

export class ClientPorts {
  readonly #plain: Listener | null;
  readonly #secure: Listener | null;
  readonly #handshakes: readonly Handshakes[];

  private constructor(plain: Listener | null, secure: Listener | null, handshakes: readonly Handshakes[]) {
    this.#plain = plain;
    this.#secure = secure;
    this.#handshakes = handshakes;
  }

  /**
   * Opens what the configuration asks for.
   *
   * @throws UsageError when an address cannot be listened on, or a file with keys or certificates cannot be used
   */
  static async open(config: ZooCfg, settings: ClientPortSettings, parts: ClientPortParts): Promise<ClientPorts> {
    const { tls } = settings;
    const { clientPortListenBacklog: backlog } = config;
    const gates: Handshakes[] = [];
    const listening = (onSecurePort: boolean): { tls?: TlsListening } => {
      if (tls === null || (!onSecurePort && !settings.unified)) return {};
      const handshakes = new Handshakes(tls.handshakesMax, { ...parts, onSecurePort });
      gates.push(handshakes);
      return { tls: { settings: tls, plainToo: !onSecurePort, handshakes } };
    };
    const open = (port: number, host: string | null, onSecurePort: boolean): Promise<Listener> =>
      parts.listen({ port, host, backlog, ...listening(onSecurePort) }, (socket) => parts.accept(socket, onSecurePort));
    const plain = config.clientPort < 0 ? null : await open(config.clientPort, config.clientPortAddress, false);
    try {
      const secure = config.secureClientPort < 0 ? null : await open(config.secureClientPort, config.secureClientPortAddress, true);
      return new ClientPorts(plain, secure, gates);
    } catch (error) {
      await plain?.close();
      throw error;
    }
  }

  /** The port in the clear, which the system chose when the configuration says 0; -1: there is none. */
  get port(): number {
    return this.#plain?.port ?? -1;
  }

  /** Likewise for TLS. */
  get securePort(): number {
    return this.#secure?.port ?? -1;
  }

  get host(): string {
    return (this.#plain ?? this.#secure)?.host ?? '';
  }

  /** Handshakes under way. */
  get handshakes(): number {
    return this.#handshakes.reduce((sum, gate) => sum + gate.outstanding, 0);
  }

  /** Stops accepting; accepted connections stay. */
  async close(): Promise<void> {
    await Promise.all([this.#plain?.close(), this.#secure?.close()]);
  }
}
