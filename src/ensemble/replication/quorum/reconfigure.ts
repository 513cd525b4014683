/**
 * What a reconfig request asks for, as a membership (facts 5.10; PrepRequestProcessor, OpCode.reconfig). In: the
 * configuration last seen and the request. Out: the next one, or a line saying why it cannot be.
 */

import { ConfigError } from '../../config/config-error.ts';
import { makeMembership, parseMembershipText, type Membership } from './membership.ts';
import { parseServerSpec, type ServerSpec } from './server-spec.ts';

export interface ReconfigChange {
  /** `server.N=...` lines between commas; null: none. */
  readonly joiningServers: string | null;
  /** Ids between commas; null: none. */
  readonly leavingServers: string | null;
  /** All of the new configuration, its lines between commas or line ends; null: the two above count. */
  readonly newMembers: string | null;
}

export interface ReconfigureOptions {
  readonly standaloneEnabled: boolean;
}

/** @param version the zxid of the reconfiguration @throws ConfigError */
export function nextMembership(before: Membership, change: ReconfigChange, version: bigint, { standaloneEnabled }: ReconfigureOptions): Membership {
  const next = change.newMembers === null
    ? makeMembership(changed(before, change), version)
    : { ...parseMembershipText(change.newMembers.replaceAll(',', '\n'), { standaloneEnabled }), version };
  const least = standaloneEnabled ? 2 : 1;
  if (next.verifier.voters.size < least) throw new ConfigError(`the new configuration must have at least ${least} participants`);
  return next;
}

function changed(before: Membership, { joiningServers, leavingServers }: ReconfigChange): readonly ServerSpec[] {
  if (before.grouping !== null) throw new ConfigError('an ensemble with groups can only be reconfigured as a whole (newMembers)');
  const members = new Map(before.members);
  for (const leaving of parts(leavingServers)) members.delete(idOf(leaving));
  for (const joining of parts(joiningServers)) {
    const [key, value, ...more] = joining.split('=').filter((part) => part !== '');
    if (key === undefined || value === undefined || more.length > 0) throw new ConfigError(`${joining}: the form server.N=host:port:port;port is needed`);
    const sid = idOf(key.slice(key.lastIndexOf('.') + 1));
    const spec = parseServerSpec(sid, value);
    if (spec.client === null) throw new ConfigError(`${joining}: a server that joins must have three ports`);
    for (const other of members.values()) if (other.sid !== sid) refuseSharedPorts(spec, other);
    members.delete(sid);
    members.set(sid, spec);
  }
  return [...members.values()];
}

/** Every machine has these for itself, so that many servers listen to `0.0.0.0:2181`. */
const OF_EACH_MACHINE = /^(0\.0\.0\.0|127(\.\d{1,3}){3}|localhost|(0{0,4}:){2,7}0{0,3}[01]?)$/i;

/** QuorumServer.checkAddressDuplicate, excludedSpecialAddresses */
function refuseSharedPorts(spec: ServerSpec, other: ServerSpec): void {
  const own = endpointsOf(spec);
  for (const endpoint of endpointsOf(other)) {
    if (own.has(endpoint)) throw new ConfigError(`server.${spec.sid} and server.${other.sid} share ${endpoint}`);
  }
}

function endpointsOf({ addresses, client }: ServerSpec): ReadonlySet<string> {
  const all = addresses.flatMap(({ host, quorumPort, electionPort }) => [{ host, port: quorumPort }, { host, port: electionPort }]);
  const endpoints = client === null ? all : [...all, client];
  return new Set(endpoints.filter(({ host }) => !OF_EACH_MACHINE.test(host)).map(({ host, port }) => `${host}:${port}`));
}

function parts(text: string | null): string[] {
  return (text ?? '').split(',').map((part) => part.trim()).filter((part) => part !== '');
}

function idOf(text: string): bigint {
  if (!/^-?\d{1,19}$/.test(text)) throw new ConfigError(`${text} is no server id`);
  return BigInt(text);
}
