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
  readonly #config: ZooCfg;
  readonly #settings: ClientPortSettings;
  readonly #parts: ClientPortParts;
  readonly #gates: Handshakes[] = [];
  #plain: Listener | null = null;
  #secure: Listener | null = null;

  private constructor(config: ZooCfg, settings: ClientPortSettings, parts: ClientPortParts) {
    this.#config = config;
    this.#settings = settings;
    this.#parts = parts;
  }

  /**
   * Opens what the configuration asks for.
   *
   * @throws UsageError when an address cannot be listened on, or a file with keys or certificates cannot be used
   */
  static async open(config: ZooCfg, settings: ClientPortSettings, parts: ClientPortParts): Promise<ClientPorts> {
    const ports = new ClientPorts(config, settings, parts);
    try {
      if (config.clientPort >= 0) ports.#plain = await ports.#listen(config.clientPortAddress, config.clientPort, false);
      if (config.secureClientPort >= 0) ports.#secure = await ports.#listen(config.secureClientPortAddress, config.secureClientPort, true);
      return ports;
    } catch (error) {
      await ports.close();
      throw error;
    }
  }

  /** Puts the port in the clear elsewhere; when that cannot be done it stays. @throws UsageError as `open` does */
  async move(host: string | null, port: number): Promise<void> {
    const before = this.#plain;
    this.#plain = await this.#listen(host, port, false);
    await before?.close();
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
    return this.#gates.reduce((sum, gate) => sum + gate.outstanding, 0);
  }

  /** Stops accepting; accepted connections stay. */
  async close(): Promise<void> {
    await Promise.all([this.#plain?.close(), this.#secure?.close()]);
  }

  #listen(host: string | null, port: number, onSecurePort: boolean): Promise<Listener> {
    const { listen, accept } = this.#parts;
    const { clientPortListenBacklog: backlog } = this.#config;
    return listen({ port, host, backlog, ...this.#tlsOn(onSecurePort) }, (socket) => accept(socket, onSecurePort));
  }

  #tlsOn(onSecurePort: boolean): { tls?: TlsListening } {
    const { tls, unified } = this.#settings;
    if (tls === null || (!onSecurePort && !unified)) return {};
    const handshakes = new Handshakes(tls.handshakesMax, { ...this.#parts, onSecurePort });
    this.#gates.push(handshakes);
    return { tls: { settings: tls, plainToo: !onSecurePort, handshakes } };
  }
}
