/** Everything that a server is given from outside: time, chance, disk, network. */

import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { AuditSink } from './audit.ts';
import type { ListenHttp } from './admin/http/exchange.ts';
import type { Listen } from './listener.ts';
import type { MessageDigests } from './processors/auth/message-digests.ts';
import type { StreamCodec } from './log/stream-codec.ts';
import type { Storage } from './log/storage.ts';

/** What the machine says about itself, for the words that show it. */
export interface HostFacts {
  /** Key and value, as `envi` lists them. */
  environment(): readonly (readonly [string, string])[];
  openFiles(): { readonly open: number; readonly max: number } | null;
  /** A time as Java prints a Date. @param wallMs milliseconds since 1970 */
  formatDate(wallMs: number): string;
}

export interface ServerEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly digests: MessageDigests;
  /** Where the audit log goes, if it is on; the logger unless given. */
  readonly audit?: AuditSink;
  readonly listen: Listen;
  readonly listenHttp: ListenHttp;
  readonly host: HostFacts;
  /** For compressed snapshots. */
  readonly gzip: StreamCodec;
  /** Where snapshots are: dataDir's version-2. */
  readonly snapshots: Storage;
  /** Where the log is; the same object unless dataLogDir is set. */
  readonly logs: Storage;
  /** The two directories as `conf` shows them. */
  readonly snapshotDirectory: string;
  readonly logDirectory: string;
  /** Runs a function once the input that is already there has been read. */
  readonly defer: (fn: () => void) => void;
}
