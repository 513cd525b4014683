/** What is remembered about an open connection to save requests. All of it may be forgotten at any time. */

import type { Id } from '../../model/acl.ts';
import { RecentMap } from '../util/recent-map.ts';

/** Who this session is, as far as that is known. */
export interface Identities {
  /** Complete ids that its credentials stand for: `digest user:hash`. */
  readonly own: readonly Id[];
  /** As the server tells (whoAmI, 3.7): scheme and user, digests without their hash. Null where it cannot tell. */
  readonly reported: readonly Id[] | null;
}

export interface LockNote {
  /** The node and its ACL are the same as long as these are. */
  readonly czxid: bigint;
  readonly aversion: number;
  readonly locked: boolean | null;
}

export interface CountNote {
  readonly count: number;
  /** Monotonic, ms. */
  readonly atMs: number;
}

const PATHS_MAX = 20_000;
const VALUES_MAX = 200;

export class ConnectionNotes {
  /** Whether rows are locked, by path. */
  readonly locks = new RecentMap<string, LockNote>(PATHS_MAX);
  /** How many children rows had when their stat was read, by path. */
  readonly counts = new RecentMap<string, CountNote>(PATHS_MAX);
  /** Data last read at watched paths, for the feed's old values; only short ones. */
  readonly values = new RecentMap<string, { readonly data: Uint8Array | null; readonly mzxid: bigint }>(VALUES_MAX);
  /** Versions of servers, by name. */
  readonly versions = new RecentMap<string, string>(64);
  identities: Promise<Identities> | null = null;

  /** New credentials change what may be read. */
  forgetRights(): void {
    this.locks.clear();
    this.identities = null;
  }

  forgetAll(): void {
    this.forgetRights();
    this.counts.clear();
    this.values.clear();
    this.versions.clear();
  }
}
