/**
 * The membership of an ensemble (facts 5.1; QuorumPeerConfig.parseDynamicConfig, QuorumMaj, QuorumHierarchical): the
 * text that stands in zoo.cfg or its dynamic file, in notifications, in NEWLEADER and in /zookeeper/config.
 */

import { ConfigError } from '../../config/config-error.ts';
import { parseProperties } from '../../config/properties.ts';
import { inLongMapOrder, inPropertiesOrder } from './java-order.ts';
import { hierarchical, majority, type Grouping, type QuorumVerifier } from './quorum-verifier.ts';
import { formatServerSpec, parseServerSpec, sameServer, type ServerSpec, type SpecOptions } from './server-spec.ts';

export interface Membership {
  /** In the order in which Apache prints them. */
  readonly members: ReadonlyMap<bigint, ServerSpec>;
  /** null: a majority of the participants decides. */
  readonly grouping: Grouping | null;
  /** The zxid of the reconfiguration that made it; 0 until the first leader. */
  readonly version: bigint;
  readonly verifier: QuorumVerifier;
}

export interface MembershipOptions extends SpecOptions {
  /** standaloneEnabled, true unless the configuration says otherwise. */
  readonly standaloneEnabled?: boolean;
}

const WHOLE = /^[+-]?\d{1,19}$/;
const VERSION = /^[+-]?[0-9a-f]{1,16}$/i;
const DEFAULT_WEIGHT = 1n;

/**
 * Reads a configuration's text, in which nothing but membership may stand.
 *
 * @throws ConfigError naming the line and what is wrong
 */
export function parseMembershipText(text: string, options: MembershipOptions = {}): Membership {
  const entries = parseProperties(text);
  for (const key of entries.keys()) {
    if (!isMembershipKey(key)) throw new ConfigError(`${key}: does not belong in a membership`);
  }
  return parseMembership(entries, options);
}

/** Whether a key of zoo.cfg is about membership. */
export function isMembershipKey(key: string): boolean {
  return key.startsWith('server.') || key.startsWith('group') || key.startsWith('weight') || key === 'version';
}

/**
 * Reads the membership out of keys and values; other keys are passed over.
 *
 * @throws ConfigError naming the line and what is wrong
 */
export function parseMembership(entries: ReadonlyMap<string, string>, options: MembershipOptions = {}): Membership {
  const keys = inPropertiesOrder([...entries.keys()]).filter(isMembershipKey);
  const valueOf = (key: string): string => entries.get(key)?.trim() ?? '';
  const servers = new Map<bigint, ServerSpec>();
  for (const key of keys.filter((one) => one.startsWith('server.'))) {
    const sid = numberAfterDot(key);
    servers.set(sid, parseServerSpec(sid, valueOf(key), options));
  }
  const members = new Map(inLongMapOrder([...servers.keys()]).map((sid) => [sid, servers.get(sid) as ServerSpec]));
  const grouped = keys.filter((key) => key.startsWith('group') || key.startsWith('weight'));
  const grouping = grouped.length === 0 ? null : parseGrouping(grouped, valueOf, members);
  checkRoles(members, options);
  return membershipOf(members, grouping, parseVersion(entries.get('version')?.trim() ?? '0'));
}

/** A membership of its parts; the members in any order. */
export function makeMembership(specs: readonly ServerSpec[], version = 0n, grouping: Grouping | null = null): Membership {
  const bySid = new Map(specs.map((spec) => [spec.sid, spec]));
  const members = new Map(inLongMapOrder([...bySid.keys()]).map((sid) => [sid, bySid.get(sid) as ServerSpec]));
  return membershipOf(members, grouping, version);
}

/** The same members under another version. */
export function withVersion(membership: Membership, version: bigint): Membership {
  return { ...membership, version };
}

/** The text of a membership, byte for byte as Apache prints it: no newline at the end. */
export function formatMembership({ members, grouping, version }: Membership): string {
  const lines = [...members.values()].map((spec) => `server.${spec.sid}=${formatServerSpec(spec)}\n`);
  if (grouping !== null) lines.push(...groupingLines(grouping));
  return `${lines.join('')}version=${BigInt.asUintN(64, version).toString(16)}`;
}

/** Whether two are one configuration: the same version, or the same members (QuorumVerifier.equals). */
export function sameMembership(a: Membership, b: Membership): boolean {
  if ((a.grouping === null) !== (b.grouping === null)) return false;
  if (a.version === b.version) return true;
  if (a.members.size !== b.members.size) return false;
  for (const spec of a.members.values()) {
    const other = b.members.get(spec.sid);
    if (other === undefined || !sameServer(spec, other)) return false;
  }
  const groupsOf = (one: Membership): string => (one.grouping === null ? '' : groupingLines(one.grouping).join(''));
  return groupsOf(a) === groupsOf(b);
}

function membershipOf(members: ReadonlyMap<bigint, ServerSpec>, grouping: Grouping | null, version: bigint): Membership {
  const voters = new Set([...members.values()].filter(({ role }) => role === 'participant').map(({ sid }) => sid));
  const verifier = grouping === null ? majority(voters) : hierarchical(voters, grouping);
  return { members, grouping, version, verifier };
}

function parseGrouping(
  keys: readonly string[],
  valueOf: (key: string) => string,
  members: ReadonlyMap<bigint, ServerSpec>,
): Grouping {
  const groups = new Map<bigint, bigint[]>();
  const groupOf = new Map<bigint, bigint>();
  const weights = new Map<bigint, bigint>();
  for (const key of keys) {
    const id = numberAfterDot(key);
    if (key.startsWith('weight')) {
      weights.set(id, whole(key, valueOf(key)));
      continue;
    }
    for (const sid of valueOf(key).split(':').map((text) => whole(key, text))) {
      if (groupOf.has(sid)) throw new ConfigError(`${key}=${valueOf(key)}: server ${sid} is in several groups`);
      groupOf.set(sid, id);
    }
    groups.set(id, []);
  }
  for (const { sid, role } of members.values()) {
    if (role !== 'participant') continue;
    if (!groupOf.has(sid)) throw new ConfigError(`server.${sid}: is in no group`);
    if (!weights.has(sid)) weights.set(sid, DEFAULT_WEIGHT);
  }
  for (const sid of inLongMapOrder([...groupOf.keys()])) {
    if (!weights.has(sid)) throw new ConfigError(`group.${groupOf.get(sid)}: server ${sid} has no weight`);
    groups.get(groupOf.get(sid) as bigint)?.push(sid);
  }
  return { groups, weights };
}

function groupingLines({ groups, weights }: Grouping): string[] {
  const lines = inLongMapOrder([...groups.keys()]).map((id) => `group.${id}=${(groups.get(id) ?? []).join(':')}\n`);
  return [...lines, ...inLongMapOrder([...weights.keys()]).map((sid) => `weight.${sid}=${weights.get(sid)}\n`)];
}

function checkRoles(members: ReadonlyMap<bigint, ServerSpec>, { standaloneEnabled = true }: MembershipOptions): void {
  const specs = [...members.values()];
  const participants = specs.filter(({ role }) => role === 'participant').length;
  if (participants === 0 && !standaloneEnabled) throw new ConfigError('standaloneEnabled=false: at least one participant is needed');
  if (participants === 0 && specs.length > 0) throw new ConfigError('an ensemble of observers only has nobody to observe');
  if (participants === 1 && standaloneEnabled && specs.length > 1) {
    throw new ConfigError('observers of a single server need standaloneEnabled=false');
  }
}

function numberAfterDot(key: string): bigint {
  return whole(key, key.slice(key.indexOf('.') + 1));
}

function whole(key: string, text: string): bigint {
  if (!WHOLE.test(text)) throw new ConfigError(`${key}: ${JSON.stringify(text)} is no whole number`);
  return BigInt.asIntN(64, BigInt(text));
}

function parseVersion(text: string): bigint {
  if (!VERSION.test(text)) throw new ConfigError(`version=${text}: a hexadecimal number is needed`);
  const negative = text.startsWith('-');
  const value = BigInt(`0x${text.replace(/^[+-]/, '')}`);
  return BigInt.asIntN(64, negative ? -value : value);
}
