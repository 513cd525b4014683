/** A node's Stat as clients see it (facts 1.10; Stat in zookeeper.jute). */

export interface Stat {
  /** The transaction that created the node. */
  readonly czxid: bigint;
  /** The transaction that last set its data. */
  readonly mzxid: bigint;
  /** Milliseconds since 1970 when it was created. */
  readonly ctime: bigint;
  /** Milliseconds since 1970 when its data was last set. */
  readonly mtime: bigint;
  /** How often the data was set. */
  readonly version: number;
  /** How often children came or went. */
  readonly cversion: number;
  /** How often the ACL was set. */
  readonly aversion: number;
  /** The owning session of an ephemeral node; 0 for all others, TTL and container nodes included. */
  readonly ephemeralOwner: bigint;
  readonly dataLength: number;
  readonly numChildren: number;
  /** The transaction that last added or removed a child. */
  readonly pzxid: bigint;
}
