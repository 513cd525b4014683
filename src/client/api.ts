/** The client's public face: what `connectZooKeeper` gives, and what it asks for. */

import type { Clock } from '../base/clock.ts';
import type { Event } from '../base/emitter.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { CancelSignal } from '../base/signal.ts';
import type { Acl } from '../model/acl.ts';
import type { CreateMode } from '../model/create-mode.ts';
import type { ZooError } from '../model/errors.ts';
import type { Stat } from '../model/stat.ts';
import type { AddWatchMode, EventType, KeeperState, WatcherType } from '../model/watch.ts';
import type { MultiOp, MultiReadOp, MultiResult } from '../wire/operations/multi.ts';
import type { ServerAddress, Transport } from './transport.ts';

export interface AuthInfo {
  readonly scheme: string;
  readonly auth: Uint8Array;
}

export interface ClientOptions {
  /** `host[:port][,host[:port]...][/chroot]`; IPv6 in brackets; port 2181 where none is given. */
  readonly connectString: string;
  /** Asked for, in ms; the server has the last word. Default 30,000. */
  readonly sessionTimeoutMs?: number;
  /** Give-up time for one attempt to connect, in ms. Default: session timeout divided by servers, at least 1,000. */
  readonly connectTimeoutMs?: number;
  /** Whether a server that lost its quorum will do. Default false. */
  readonly canBeReadOnly?: boolean;
  /** Most requests sent and not yet answered. Default 128. */
  readonly inFlightMax?: number;
  /** Most requests waiting to be sent; one more is refused. Default 100,000. */
  readonly queuedMax?: number;
  /** The server's jute.maxbuffer: a longer request is refused before it is sent. Default 1,048,575. */
  readonly requestBytesMax?: number;
  /** Sent on each connection before anything else. */
  readonly auth?: readonly AuthInfo[];
  /** Take up a session that another handle left (facts 2.1); a wrong password ends the client as expired. */
  readonly session?: { readonly id: bigint; readonly password: Uint8Array };
  /** Try the servers in the order given instead of a random one. Default false. */
  readonly keepServerOrder?: boolean;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
}

/**
 * - connecting: no connection; the session, if there is one, may still live
 * - connected / connectedReadOnly: requests are answered
 * - expired, authFailed, closed: the end; nothing leads out of them
 */
export type ClientState = 'connecting' | 'connected' | 'connectedReadOnly' | 'expired' | 'authFailed' | 'closed';

export interface StateChange {
  readonly state: ClientState;
  readonly previous: ClientState;
  /** The server that the client is, or was last, connected to. */
  readonly server: ServerAddress | null;
  /** One clause that says why, for a person. */
  readonly reason: string | null;
  /** Wall clock, ms. */
  readonly atMs: number;
}

/** When, from where, and as of which transaction a reply came. */
export interface ReplyInfo {
  readonly zxid: bigint;
  readonly server: ServerAddress;
  /** Wall clock, ms. */
  readonly atMs: number;
}

/** One finished request, for the command log. */
export interface RequestRecord {
  readonly xid: number;
  readonly operation: string;
  readonly path: string | null;
  readonly bytesOut: number;
  readonly bytesIn: number;
  /** From being sent to its reply; null when it never was sent. */
  readonly latencyMs: number | null;
  /** 0 for success, the server's code, or null when no reply came. */
  readonly err: number | null;
  /** How it failed without an answer, if it did. */
  readonly failure: string | null;
  readonly zxid: bigint | null;
  readonly server: ServerAddress | null;
  /** Wall clock, ms, when it was sent or failed. */
  readonly atMs: number;
}

export interface WatchedEvent {
  readonly type: EventType;
  readonly state: KeeperState;
  /** Without the chroot; null for the end of the session. */
  readonly path: string | null;
  /** The transaction, where the server tells it (3.9 and later). */
  readonly zxid: bigint | null;
}

/**
 * Called for each event of a watch, in order with replies: always before a read that shows the change resolves.
 * Besides the server's events it is told once when it was taken out by removeWatches (...WatchRemoved), and when the
 * session expired or its credentials were refused (type None, path null): then it is over. What it throws is logged.
 */
export type Watcher = (event: WatchedEvent) => void;

export interface CallOptions {
  readonly signal?: CancelSignal | undefined;
}
export interface ReadOptions extends CallOptions {
  readonly watch?: Watcher | undefined;
}
export interface CreateOptions extends CallOptions {
  /** Default PERSISTENT. */
  readonly mode?: CreateMode;
  /** Default world:anyone:cdrwa. */
  readonly acl?: readonly Acl[];
  /** For the TTL modes. */
  readonly ttlMs?: bigint;
}

export interface WithStat {
  readonly stat: Stat;
  readonly reply: ReplyInfo;
}

/**
 * One session to an ensemble. Operations carry the names and the meaning of Apache's Java client. Every one
 * rejects with a ZooError: KeeperError (the server's code), UsageError (refused before it was sent),
 * ConnectionLostError, SessionExpiredError, AuthFailedError, CancelledError, WireError. Requests issued while
 * connecting wait for a connection. When a connection is lost, every request that was issued while it stood is
 * rejected, as in Apache's client: one that was sent with retrySafe false, one that still waited with retrySafe
 * true. None is ever sent twice. A request that is cancelled after it was sent may take effect; it leaves no watch.
 */
export interface ZooKeeper {
  readonly state: ClientState;
  readonly sessionId: bigint;
  /** The session password, for another handle on the same session. */
  readonly sessionPassword: Uint8Array;
  /** Negotiated, ms; 0 before the first connection. */
  readonly sessionTimeoutMs: number;
  readonly server: ServerAddress | null;
  readonly servers: readonly ServerAddress[];
  readonly chroot: string;
  /** The highest zxid of a reply. */
  readonly lastZxid: bigint;
  /** Also tells why attempts to connect fail, each reason once: from `connecting` to `connecting`. */
  readonly stateChanges: Event<StateChange>;
  /** Pings are left out. */
  readonly requests: Event<RequestRecord>;
  /** Every watch event, whichever watcher it belongs to; told right after its watchers, as the same object. */
  readonly watchEvents: Event<WatchedEvent>;
  /** Sent and unanswered, and waiting to be sent. */
  readonly load: { readonly inFlight: number; readonly queued: number; readonly watches: number };

  /** Resolves when connected; rejects when the session ended or the signal came. */
  ready(options?: CallOptions): Promise<void>;

  /** Uses create2 (3.5+), createContainer or createTTL as the mode asks. */
  create(path: string, data: Uint8Array | null, options?: CreateOptions): Promise<WithStat & { readonly path: string }>;
  /** @param version -1 for any */
  delete(path: string, version: number, options?: CallOptions): Promise<void>;
  /** @returns stat null where no node is */
  exists(path: string, options?: ReadOptions): Promise<{ readonly stat: Stat | null; readonly reply: ReplyInfo }>;
  getData(path: string, options?: ReadOptions): Promise<WithStat & { readonly data: Uint8Array | null }>;
  setData(path: string, data: Uint8Array | null, version: number, options?: CallOptions): Promise<WithStat>;
  getACL(path: string, options?: CallOptions): Promise<WithStat & { readonly acl: readonly Acl[] }>;
  /** @param aversion -1 for any */
  setACL(path: string, acl: readonly Acl[], aversion: number, options?: CallOptions): Promise<WithStat>;
  /** getChildren2 */
  getChildren(path: string, options?: ReadOptions): Promise<WithStat & { readonly children: readonly string[] }>;
  /** getChildren2 without decoding: `names` is the vector as it came, its count first. */
  getChildrenRaw(path: string, options?: ReadOptions): Promise<WithStat & { readonly names: Uint8Array; readonly count: number }>;
  sync(path: string, options?: CallOptions): Promise<ReplyInfo>;
  /**
   * All or nothing. When a part fails it rejects with MultiError (a KeeperError with `results` and `failedIndex`).
   */
  multi(ops: readonly MultiOp[], options?: CallOptions): Promise<{ readonly results: readonly MultiResult[]; readonly reply: ReplyInfo }>;
  /** Each part succeeds or fails by itself. */
  multiRead(ops: readonly MultiReadOp[], options?: CallOptions): Promise<{ readonly results: readonly MultiResult[]; readonly reply: ReplyInfo }>;
  addWatch(path: string, mode: AddWatchMode, watch: Watcher, options?: CallOptions): Promise<void>;
  /** @param watch null removes every watcher of the type; @throws KeeperError NoWatcher */
  removeWatches(path: string, watch: Watcher | null, type: WatcherType, options?: CallOptions & { readonly local?: boolean }): Promise<void>;
  getEphemerals(prefix: string, options?: CallOptions): Promise<readonly string[]>;
  getAllChildrenNumber(path: string, options?: CallOptions): Promise<number>;
  whoAmI(options?: CallOptions): Promise<readonly { readonly authScheme: string; readonly user: string }[]>;
  /** getData on /zookeeper/config, whatever the chroot. */
  getConfig(options?: ReadOptions): Promise<WithStat & { readonly data: Uint8Array | null }>;
  /** Sent now, and again on each reconnect. @throws AuthFailedError, after which the client has ended */
  addAuth(scheme: string, auth: Uint8Array, options?: CallOptions): Promise<void>;
  /** Closes the session on the server (waits at most its timeout) and ends the client. Never rejects. */
  close(): Promise<void>;
  /** Drops the connection without closing the session, as a crash would. */
  abandon(): void;
  /** What ended the client, if it has ended by a failure. */
  readonly failure: ZooError | null;
}

export type { MultiOp, MultiReadOp, MultiResult, WatcherType };
