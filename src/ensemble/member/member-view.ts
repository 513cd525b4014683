/** A member as administration shows it. */

import type { EnsembleView, LeadingView, LearningView, MemberView } from '../admin/ensemble-view.ts';
import { formatMembership, type Membership } from '../replication/quorum/membership.ts';
import type { ServerSpec } from '../replication/quorum/server-spec.ts';

export interface MemberFacts {
  readonly sid: bigint;
  readonly initLimit: number;
  readonly syncLimit: number;
  readonly membership: Membership;
  /** Where its clients find it, as host:port; used where its line does not say it. */
  readonly clientAddress: string;
  readonly leader: bigint;
  readonly leading: LeadingView | null;
  readonly learning: LearningView | null;
}

export function ensembleView({ sid, initLimit, syncLimit, membership, clientAddress, leader, leading, learning }: MemberFacts): EnsembleView {
  const { members, verifier } = membership;
  const own = members.get(sid);
  const ports = own?.addresses[0];
  const address = members.get(leader)?.addresses[0];
  const shown = (spec: ServerSpec): MemberView => memberView(spec, spec.sid === sid ? clientAddress : '');
  return {
    sid, initLimit, syncLimit, leading, learning,
    voters: [...members.values()].filter(({ role }) => role === 'participant').map(shown),
    own: own === undefined ? null : shown(own),
    electionPort: ports?.electionPort ?? -1,
    quorumPort: ports?.quorumPort ?? -1,
    observer: own?.role === 'observer',
    membershipText: formatMembership(membership),
    quorumSize: verifier.voters.size,
    leader: { sid: leader, host: address?.host ?? '', port: address?.quorumPort ?? -1 },
  };
}

function memberView({ sid, role, addresses, client }: ServerSpec, otherwise: string): MemberView {
  return {
    sid, role,
    quorumAddresses: addresses.map(({ host, quorumPort }) => `${host}:${quorumPort}`),
    electionAddresses: addresses.map(({ host, electionPort }) => `${host}:${electionPort}`),
    clientAddress: client === null ? otherwise : `${client.host}:${client.port}`,
  };
}
