/**
 * The job engine's face: what a job is asked to do, what it tells while it runs, and what is left of it. Whoever
 * drives it (the app's transfer service, the command line) brings sessions, files and logs; the engine brings the rules.
 */

import type { Clock } from '../../base/clock.ts';
import type { Acl } from '../../model/acl.ts';
import type { ZooError } from '../../model/errors.ts';
import type { Stat } from '../../model/stat.ts';
import type { EndpointSource } from './endpoint.ts';
import type { AppendLog, ExportInput, ExportOutput, TransferTools } from './ports.ts';
import type { Difference, Kind } from './record.ts';
import type { KindTeller } from './source.ts';

/** A subtree of an ensemble. */
export interface LiveSide {
  readonly kind: 'live';
  readonly source: EndpointSource;
  /** Absolute, without the chroot. */
  readonly path: string;
  /** Tells containers and TTL nodes, which the protocol shows as persistent ones (facts 1.10: their owner is hidden). */
  readonly kinds?: KindTeller | null;
}

/** An export, ours or a foreign one, or a part of it. */
export interface FileSide {
  readonly kind: 'file';
  readonly input: ExportInput;
  /** Relative path of the part that is meant; empty for all of it. */
  readonly below: string;
}

export type Side = LiveSide | FileSide;

/**
 * What becomes of a node that is there already, and differs:
 * - skip: it stays as it is
 * - unchanged: it is overwritten when it is still what it was when the export was made (same czxid, mzxid and
 *   aversion); else it stays, and is reported
 * - overwrite: it is overwritten, with the version that was seen
 * - stop: the job ends there
 */
export const POLICIES = ['skip', 'unchanged', 'overwrite', 'stop'] as const;
export type Policy = (typeof POLICIES)[number];

/** A chosen node of a comparison; `below`: with everything below it. Relative. */
export interface Choice {
  readonly path: string;
  readonly below: boolean;
}

/** The work of one job. */
export type Work =
  | { readonly kind: 'export'; readonly from: LiveSide; readonly to: ExportOutput }
  /** Import, copy, restore of a part, and "apply these": the one who asks names it. */
  | {
      readonly kind: 'write';
      readonly from: Side;
      readonly to: LiveSide;
      readonly policy: Policy;
      /** Nodes that only the target has are removed. Never for 'skip' and 'stop'. */
      readonly removeExtra: boolean;
      /** Null for all. */
      readonly only: readonly Choice[] | null;
    }
  /** A copy, a check that all of it arrived, then a deletion of what was copied and has not changed since. */
  | { readonly kind: 'move'; readonly from: LiveSide; readonly to: LiveSide; readonly policy: Policy }
  | { readonly kind: 'delete'; readonly at: LiveSide }
  | { readonly kind: 'setAcl'; readonly at: LiveSide; readonly acl: readonly Acl[]; readonly mode: 'replace' | 'add' | 'remove' }
  | { readonly kind: 'compare'; readonly a: Side; readonly b: Side };

export interface JobOptions {
  /** Nothing is written, to no ensemble and no file; the items tell what would be. */
  readonly dryRun: boolean;
  /** Ephemeral nodes are taken along (written as persistent ones never: they become ephemerals of the job's session, so writing refuses them). Default false. */
  readonly ephemerals: boolean;
  /** ACLs are read, written and compared. */
  readonly acl: boolean;
  /** Nodes a second at most; null for no own limit. Can be set while it runs. */
  readonly nodesPerSecondMax: number | null;
}

/** What happened, or in a dry run would happen, to a node. */
export const ITEM_ACTIONS = ['create', 'change', 'remove', 'same', 'leave', 'fail'] as const;
export type ItemAction = (typeof ITEM_ACTIONS)[number];

/**
 * Why a node was left alone, or what is to be known of it.
 * ephemeral, system (/zookeeper), unreadable, vanished: left out by rule; exists: policy skip or stop; changed:
 * changed since the export or the preview; aclMasked: its ACL could not be read whole, so that none was written;
 * aclNotSet: the node stands, its ACL was refused; kindDiffers: a node cannot change its kind; hasChildren: gained
 * children; tooBig: over jute.maxbuffer of the target; notLogged... a code of the server (NoAuth, ...) for failures.
 */
export type ItemReason = string;

export interface JobItem {
  /** Relative to the job's root. */
  readonly path: string;
  readonly action: ItemAction;
  readonly differences: readonly Difference[];
  readonly reason: ItemReason | null;
  /** For people: the server's or the client's own words. */
  readonly message: string | null;
  readonly kind: Kind;
  readonly dataLength: number;
}

export type JobCounts = Readonly<Record<ItemAction, number>>;

/**
 * - running, pausing, paused; waiting: the ensemble is not reachable, tried again within bounds
 * - done: to its end, what failed is in the counts; stopped: ended before it, `failure` says why; it can be resumed
 *   when `resumable`; cancelled: by a person, resumable likewise
 */
export type JobState = 'running' | 'paused' | 'waiting' | 'done' | 'stopped' | 'cancelled';

/** Checking a file to its end, counting a target, going through nodes, verifying a move, deleting a move's source. */
export type JobPhase = 'checking' | 'running' | 'verifying' | 'removing' | 'finished';

export interface JobProgress {
  readonly state: JobState;
  readonly phase: JobPhase;
  /** Nodes that are through, and how many there will be where that is known. */
  readonly nodes: number;
  readonly nodesTotal: number | null;
  /** Of data. */
  readonly bytes: number;
  readonly counts: JobCounts;
  /** Left out, by reason; those are in `counts.leave`, too. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** Of the last seconds. */
  readonly nodesPerSecond: number;
  readonly remainingMs: number | null;
  readonly elapsedMs: number;
  readonly requests: number;
  readonly inFlight: number;
  /** The running mean of the servers' answer time, ms; null before the first. */
  readonly latencyMs: number | null;
  readonly sessionsLost: number;
  /** The node that it is at. Relative. */
  readonly at: string | null;
}

/** How a job ended. */
export interface JobEnd {
  readonly state: 'done' | 'stopped' | 'cancelled';
  readonly failure: ZooError | null;
  readonly resumable: boolean;
  readonly progress: JobProgress;
  /** Before and after, of the side that was read. */
  readonly zxidBefore: bigint | null;
  readonly zxidAfter: bigint | null;
  /** Nodes that changed while they were read. */
  readonly changed: number;
}

/** A node as it was, before a job overwrites or removes it. */
export interface BeforeImage {
  /** Absolute, without the chroot. */
  readonly path: string;
  readonly action: 'delete' | 'setData' | 'setAcl';
  /** Not read, and null, where a job only sets ACLs. */
  readonly data: Uint8Array | null;
  /** Null: could not be read. */
  readonly acl: readonly Acl[] | null;
  readonly aclMasked: boolean;
  readonly kind: Kind;
  readonly ttlMs: bigint | null;
  /** Its undo goes by the same czxid, and where `after` is not known by the version one above. */
  readonly stat: Stat;
  /** The print (prints.ts) of what is written in its place; null or left out: not known. */
  readonly after?: string | null;
  /** The job had kept the node before, and found it changed by somebody else: only this image counts. */
  readonly again?: true | undefined;
}

/** Where before-images go. They are durable when it resolves; only then is the node touched. */
export interface BeforeSink {
  keep(images: readonly BeforeImage[]): Promise<void>;
}

export interface JobDeps {
  readonly clock: Clock;
  readonly tools: TransferTools;
  /** Resumption: opening line, checkpoints, items. Null: this job cannot be resumed after a crash. */
  readonly log: AppendLog | null;
  /** Null: nothing is kept for an undo. */
  readonly before: BeforeSink | null;
  /**
   * Told of items as they come, in batches; none for `same` unless it is a dry run or a comparison. A job that goes on
   * where an interrupted one was first tells again what its log kept: what was left, failed or has a reason.
   */
  readonly onItems: (items: readonly JobItem[]) => void;
  /** How long to wait for an ensemble that is not reachable, ms; PATIENCE_MS where it is not given. */
  readonly patienceMs?: number | undefined;
  /** Told at most four times a second, and at every change of state. */
  readonly onProgress: (progress: JobProgress) => void;
}

export interface Job {
  readonly progress: JobProgress;
  /** Runs it to an end; called once. Never rejects with weather, answers or refusals: they are in the end's `failure`. */
  run(): Promise<JobEnd>;
  /** Takes no further node until `resume`; what is under way is finished. */
  pause(): void;
  resume(): void;
  /** Finishes what is under way, leaves a known state. */
  cancel(): void;
  setNodesPerSecondMax(limit: number | null): void;
}

/**
 * Makes a job, or one that goes on where the log of an interrupted one ends.
 * Implemented by job.ts: `createJob(work, options, deps)`.
 */
export type CreateJob = (work: Work, options: JobOptions, deps: JobDeps) => Job;
