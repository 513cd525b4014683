/**
 * Quotas (facts 1.16; Apache's Quotas, StatsTrack, PathTrie): nodes below /zookeeper/quota that hold limits and
 * running counts as text. The counts are each server's own: no version, no zxid, no watch.
 */

import { decodeUtf8, encodeUtf8 } from '../../base/text.ts';
import { parentPath } from '../../model/zpath.ts';

const QUOTA_ROOT = '/zookeeper/quota';
const LIMITS_NAME = 'zookeeper_limits';
const STATS_NAME = 'zookeeper_stats';

/** Numbers of a limits or stats node; -1 stands for none. */
export interface QuotaNumbers {
  /** Nodes of the subtree, the node itself counted. */
  readonly count: number;
  /** The sum of all data lengths. */
  readonly bytes: number;
  readonly countHardLimit: number;
  readonly byteHardLimit: number;
}

/** The limits node for a path. */
export function limitsPath(path: string): string {
  return `${QUOTA_ROOT}${path}/${LIMITS_NAME}`;
}

/** The stats node for a path. */
export function statsPath(path: string): string {
  return `${QUOTA_ROOT}${path}/${STATS_NAME}`;
}

/** The path whose limits this node holds; null when it is no limits node. */
export function limitedPath(nodePath: string): string | null {
  return subject(nodePath, LIMITS_NAME);
}

/** The path whose counts this node holds; null when it is no stats node. */
export function countedPath(nodePath: string): string | null {
  return subject(nodePath, STATS_NAME);
}

function subject(nodePath: string, name: string): string | null {
  if (!nodePath.startsWith(`${QUOTA_ROOT}/`) || !nodePath.endsWith(`/${name}`)) return null;
  const path = nodePath.slice(QUOTA_ROOT.length, -name.length - 1);
  return path === '' ? null : path;
}

/** Reads `count=N,bytes=N=;byteHardLimit=N;countHardLimit=N`; what is missing or no number is -1. */
export function parseQuota(data: Uint8Array | null): QuotaNumbers {
  const values = quotaFields(data);
  return {
    count: values.get('count') ?? -1,
    bytes: values.get('bytes') ?? -1,
    countHardLimit: values.get('countHardLimit') ?? -1,
    byteHardLimit: values.get('byteHardLimit') ?? -1,
  };
}

function quotaFields(data: Uint8Array | null): Map<string, number> {
  const values = new Map<string, number>();
  if (data === null) return values;
  for (const pair of decodeUtf8(data).split(/[,;]+/)) {
    const [key, value] = pair.split('=');
    const number = Number(value === '' ? '-1' : value);
    if (key !== undefined && key !== '' && Number.isSafeInteger(number)) values.set(key, number);
  }
  return values;
}

/** The stats node's content after nodes and bytes came or went (negative: went). */
export function movedQuota(data: Uint8Array | null, bytes: number, count: number): Uint8Array {
  const values = quotaFields(data);
  values.set('count', (values.get('count') ?? -1) + count);
  values.set('bytes', (values.get('bytes') ?? -1) + bytes);
  return formatFields(values);
}

/** The stats node's content for these numbers. */
export function quotaStats(bytes: number, count: number): Uint8Array {
  return formatFields(new Map([['count', count], ['bytes', bytes]]));
}

/** Count and bytes come first, and an odd `=` hides the rest from parsers before 3.7. */
function formatFields(values: ReadonlyMap<string, number>): Uint8Array {
  const rest = [...values.keys()].filter((key) => key !== 'count' && key !== 'bytes').sort();
  const tail = rest.length === 0 ? '' : `=${rest.map((key) => `;${key}=${values.get(key) ?? -1}`).join('')}`;
  return encodeUtf8(`count=${values.get('count') ?? -1},bytes=${values.get('bytes') ?? -1}${tail}`);
}

/** The paths that have a limits node. */
export class QuotaPaths {
  readonly #paths = new Set<string>();

  get size(): number {
    return this.#paths.size;
  }

  add(path: string): void {
    this.#paths.add(path);
  }

  delete(path: string): void {
    this.#paths.delete(path);
  }

  clear(): void {
    this.#paths.clear();
  }

  /** The deepest path with a quota at or above this one. */
  above(path: string): string | undefined {
    if (this.#paths.size === 0) return undefined;
    for (let at: string | null = path; at !== null && at !== '/'; at = parentPath(at)) {
      if (this.#paths.has(at)) return at;
    }
    return undefined;
  }
}
