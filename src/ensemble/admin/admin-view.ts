/** What administration may see of a server. It changes nothing but counters. */

import type { EnsembleView } from './ensemble-view.ts';
import type { ConnectionStats, ServerStats } from '../processors/stats.ts';
import type { ExpiryBucket } from '../processors/sessions.ts';
import type { Access } from '../processors/auth/access.ts';
import type { TreeReader } from '../tree/api.ts';
import type { ZxidDigest } from '../txn/snapshot-content.ts';
import type { ConnectionKey, WatchTables } from '../watches/watch-tables.ts';

export interface ConnectionView {
  readonly key: ConnectionKey;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** It came to secureClientPort. */
  readonly onSecurePort: boolean;
  /** 0 before it has a session. */
  readonly sessionId: bigint;
  readonly timeoutMs: number;
  /** Milliseconds since 1970. */
  readonly establishedMs: number;
  /** Requests whose answers are due. */
  readonly outstanding: number;
  readonly reading: boolean;
  readonly stats: ConnectionStats;
}

/** When the connections that keep silent are closed, on the monotonic clock. */
export interface ConnectionBucket {
  readonly deadlineMs: number;
  readonly connections: readonly ConnectionView[];
}

export interface DirectorySizes {
  readonly dataBytes: number;
  readonly logBytes: number;
}

export interface AdminView {
  /** Null for a server standing alone. */
  readonly ensemble: EnsembleView | null;
  /** standalone, leader, follower, observer, read-only */
  readonly mode: string;
  readonly stats: ServerStats;
  readonly tree: TreeReader;
  /** Who may do what: commands that change something ask. */
  readonly access: Access;
  readonly watches: WatchTables;
  readonly digestHistory: readonly ZxidDigest[];
  readonly digestMismatches: number;
  readonly outstanding: number;
  /** TLS handshakes under way. */
  readonly handshakes: number;
  /** The chance to be turned away when a session begins: from 0 to 1. */
  readonly dropChance: number;
  /** Of the ensemble, or of a server standing alone. */
  readonly sessionCount: number;
  /** Of which only this server knows. */
  readonly localSessionCount: number;
  readonly uptimeMs: number;
  /** Kept and shown; this server traces nothing by it. */
  traceMask: bigint;
  connections(): readonly ConnectionView[];
  /** Those that this server lets expire for the whole ensemble. */
  sessionBuckets(): readonly ExpiryBucket[];
  /** Null where every session is a transaction. */
  localSessionBuckets(): readonly ExpiryBucket[] | null;
  /** Timeouts in ms of the sessions that another server lets expire; null where this one does. */
  knownSessions(): ReadonlyMap<bigint, number> | null;
  connectionBuckets(): readonly ConnectionBucket[];
  directorySizes(): Promise<DirectorySizes>;
  /** The newest snapshot on disk; null when there is none. */
  lastSnapshot(): Promise<{ readonly zxid: bigint; readonly wallMs: number } | null>;
  /** The text of zoo.cfg as it was given. */
  readonly configurationText: string;
  readonly properties: ReadonlyMap<string, string>;
  /** The lines of `conf` but for the sizes: key and value. */
  configuration(): readonly (readonly [string, string | number])[];
  /** The lines of `envi` below the version. */
  environment(): readonly (readonly [string, string])[];
  /** Open files and the most there may be; null where the system does not tell. */
  openFiles(): { readonly open: number; readonly max: number } | null;
  /** A time on the monotonic clock as Java prints a Date. */
  formatDate(monotonicMs: number): string;
}
