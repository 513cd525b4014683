/** The AdminServer's commands about an ensemble (Commands.LeaderCommand, VotingViewCommand, ZabStateCommand). */

import { counterOf, epochOf } from '../../../model/zxid.ts';
import type { AdminView } from '../admin-view.ts';
import { quorumOf, type EnsembleView, type MemberView, type ObserverView } from '../ensemble-view.ts';
import type { JsonObject } from './json.ts';
import { hex } from '../text.ts';

/** Who leads; null for a server standing alone or read-only, which has nobody to name. */
export function leaderFields(view: AdminView): JsonObject | null {
  const ensemble = quorumOf(view);
  if (ensemble === null) return null;
  return { is_leader: ensemble.leading !== null, leader_id: ensemble.leader.sid, leader_ip: ensemble.leader.host };
}

/** The voters; none for a server standing alone or read-only. */
export function votingFields(view: AdminView): JsonObject {
  const ensemble = quorumOf(view);
  if (ensemble === null) return { current_config: {} };
  return { current_config: Object.fromEntries(ensemble.voters.map((voter) => [String(voter.sid), memberFields(voter)])) };
}

/** How far this server takes part. */
export function zabFields(view: AdminView): JsonObject {
  const ensemble = quorumOf(view);
  const { lastZxid } = view.tree;
  if (ensemble === null) return { voting: false, zabstate: '' };
  const own = ensemble.own;
  return {
    myid: ensemble.sid,
    is_leader: ensemble.leading !== null,
    quorum_address: addressFields(own?.quorumAddresses ?? []),
    election_address: addressFields(own?.electionAddresses ?? []),
    client_address: own?.clientAddress ?? '',
    voting: !ensemble.observer,
    last_zxid: `0x${hex(lastZxid)}`,
    zab_epoch: epochOf(lastZxid),
    zab_counter: counterOf(lastZxid),
    zabstate: 'broadcast',
  };
}

/** Observers of a leader, or of a follower that takes them. */
export function observerFields({ ensemble }: AdminView): JsonObject {
  const leading = ensemble?.leading ?? null;
  return { synced_observers: leading?.syncedObservers ?? ensemble?.learning?.syncedObservers ?? 0, observers: leading?.observers.map(oneObserver) ?? [] };
}

function oneObserver(view: ObserverView): JsonObject {
  return {
    remote_socket_address: `/${view.remote}`,
    sid: view.sid,
    established: view.establishedMs,
    queued_packets: view.queuedPackets,
    queued_packets_size: view.queuedBytes,
    packets_received: view.packetsReceived,
    packets_sent: view.packetsSent,
    requests: view.requests,
    last_zxid: view.lastZxid,
  };
}

/** A leader's sizes of proposals, for `server_stats`; nothing from others. */
export function proposalFields({ ensemble }: AdminView): JsonObject {
  const sizes = ensemble?.leading?.proposalSizes ?? null;
  if (sizes === null) return {};
  return { proposal_stats: { last_buffer_size: sizes.last, min_buffer_size: sizes.min, max_buffer_size: sizes.max } };
}

function memberFields({ quorumAddresses, electionAddresses, clientAddress, role }: MemberView): JsonObject {
  return { server_addresses: [...quorumAddresses], election_addresses: [...electionAddresses], client_address: clientAddress, learner_type: role };
}

function addressFields(addresses: EnsembleView['voters'][number]['quorumAddresses']): JsonObject {
  const all = [...addresses];
  const one = all[0] ?? '';
  const ports = all.map((address) => Number(address.slice(address.lastIndexOf(':') + 1)));
  return {
    empty: all.length === 0,
    all_addresses: all,
    all_reachable_addresses: all,
    one,
    reachable_address: one,
    wildcard_addresses: ports.map((port) => `0.0.0.0:${port}`),
    all_ports: ports,
    all_host_strings: all.map((address) => address.slice(0, address.lastIndexOf(':'))),
    all_reachable_addresses_or_all: all,
    reachable_or_one: one,
  };
}
