/**
 * What `srvr` and `mntr` answer (facts 6.1, 6.3; ServerStats, MonitorCommand). Servers of all ages: the average
 * latency is whole before 3.6 and a decimal since.
 */

import type { ServerStatus } from '../../contract/cluster.ts';
import { parseId } from '../../model/zxid.ts';

export type Role = NonNullable<ServerStatus['role']>;

export interface SrvrReport {
  /** As in `3.8.0`, without the build. */
  readonly version: string | null;
  readonly role: Role | null;
  readonly zxid: bigint | null;
  readonly latencyMs: { readonly min: number; readonly avg: number; readonly max: number } | null;
  readonly received: number | null;
  readonly sent: number | null;
  readonly connections: number | null;
  readonly outstanding: number | null;
  readonly nodeCount: number | null;
}

const ROLES: readonly Role[] = ['leader', 'follower', 'observer', 'standalone', 'read-only'];

/**
 * Reads a report of `srvr`.
 *
 * @returns null when it is none: refused, or not serving
 */
export function parseSrvr(text: string): SrvrReport | null {
  const version = /^Zookeeper version: ([^\s,-]+)/m.exec(text);
  if (version === null) return null;
  const mode = /^Mode: (\S+)/m.exec(text)?.[1];
  const zxid = /^Zxid: (\S+)/m.exec(text)?.[1];
  const count = (label: string): number | null => numberOf(new RegExp(`^${label}: (\\d+)`, 'm').exec(text)?.[1]);
  return {
    version: version[1] ?? null,
    role: ROLES.find((role) => role === mode) ?? null,
    zxid: zxid === undefined ? null : parseId(zxid),
    latencyMs: parseLatency(text),
    received: count('Received'),
    sent: count('Sent'),
    connections: count('Connections'),
    outstanding: count('Outstanding'),
    nodeCount: count('Node count'),
  };
}

function parseLatency(text: string): SrvrReport['latencyMs'] {
  const match = /^Latency min\/avg\/max: (-?[\d.,]+)\/(-?[\d.,]+)\/(-?[\d.,]+)/m.exec(text);
  const [min, avg, max] = [match?.[1], match?.[2], match?.[3]].map(numberOf);
  if (min === undefined || avg === undefined || max === undefined) return null;
  return min === null || avg === null || max === null ? null : { min, avg, max };
}

/** The values of `mntr` by key, `zk_` left out. Empty when it is no report. */
export function parseMntr(text: string): ReadonlyMap<string, string> {
  const out = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^zk_(\S+)\t(.*)$/.exec(line);
    if (match !== null) out.set(match[1] as string, (match[2] as string).trim());
  }
  return out;
}

/** A number of a report; a decimal comma, as some locales print it, is a point. */
export function numberOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text.replace(',', '.'));
  return Number.isFinite(value) ? value : null;
}

/** Whether a four-letter word was refused by `4lw.commands.whitelist`. */
export function isRefused(text: string): boolean {
  return text.includes('is not executed because it is not in the whitelist');
}
