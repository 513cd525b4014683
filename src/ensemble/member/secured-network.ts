/** The ports between members as zoo.cfg wants them secured. TLS is the carrier's; who proves who they are is decided here. */

import { readQuorumSasl } from '../config/quorum-sasl-settings.ts';
import type { ZooCfg } from '../config/zoo-cfg.ts';
import type { ServerEnvironment } from '../environment.ts';
import type { QuorumNetwork } from '../quorum-network.ts';
import type { PeerAuth } from '../replication/quorum/peer-auth.ts';
import { authenticatedNetwork } from './authenticated-network.ts';
import { saslPeers } from './sasl-peers.ts';

export interface SecuredNetwork {
  /** The leader port and the port for observers with proofs in front of every conversation. */
  readonly network: QuorumNetwork;
  /** For the election port; undefined when nobody proves anything. */
  readonly auth: PeerAuth | undefined;
}

/** @throws ConfigError naming the key, or the section of the JAAS file, that is wrong */
export function securedNetwork(
  environment: ServerEnvironment & { readonly quorum: QuorumNetwork },
  { config, initLimit, jaas }: { readonly config: ZooCfg; readonly initLimit: number; readonly jaas: string | null },
): SecuredNetwork {
  const { quorum: network, clock, logger } = environment;
  const settings = readQuorumSasl(config.properties);
  if (settings === null) return { network, auth: undefined };
  const auth = saslPeers(settings, jaas, environment);
  return { network: authenticatedNetwork(network, auth, { clock, logger, timeoutMs: initLimit * config.tickMs }), auth };
}
