/** What a server counts about itself and its connections (ServerStats, ServerMetrics, ServerCnxn). Times are in ms. */

import { EventType } from '../../model/watch.ts';

/** Least, greatest and mean of what was added: whole milliseconds, or how many (AvgMinMaxCounter). */
export class Summary {
  #min = Number.POSITIVE_INFINITY;
  #max = 0;
  #total = 0;
  #count = 0;

  /** Takes a value in, rounded down; one below 0 counts as 0. */
  add(value: number): void {
    const whole = Math.max(0, Math.floor(value));
    if (whole < this.#min) this.#min = whole;
    if (whole > this.#max) this.#max = whole;
    this.#total += whole;
    this.#count++;
  }

  get min(): number {
    return this.#count === 0 ? 0 : this.#min;
  }

  get max(): number {
    return this.#max;
  }

  get average(): number {
    return this.#count === 0 ? 0 : this.#total / this.#count;
  }

  get count(): number {
    return this.#count;
  }

  reset(): void {
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = 0;
    this.#total = 0;
    this.#count = 0;
  }
}

/** The size of the last reply, and the extremes; -1 before the first (BufferStats). */
export class ReplySizes {
  last = -1;
  min = -1;
  max = -1;

  add(bytes: number): void {
    this.last = bytes;
    if (this.min === -1 || bytes < this.min) this.min = bytes;
    if (bytes > this.max) this.max = bytes;
  }

  reset(): void {
    this.last = -1;
    this.min = -1;
    this.max = -1;
  }
}

/** Counters that only ever rise, by the name that `mntr` gives them without its prefix. */
export const COUNTERS = [
  'auth_failed_count', 'bytes_received_count', 'commit_count', 'connection_drop_count', 'connection_rejected',
  'connection_request_count', 'connection_revalidate_count', 'response_bytes', 'sessionless_connections_expired',
  'stale_sessions_expired', 'ttl_node_deleted_count', 'watch_bytes', 'large_requests_rejected', 'snapshot_error_count',
  'digest_mismatches_count', 'fsync_threshold_exceed_count',
  'request_throttle_wait_count', 'stale_requests', 'stale_requests_dropped', 'throttled_ops', 'tls_handshake_exceeded',
  'unsuccessful_handshake',
  'snapshot_rate_limited_count', 'restore_rate_limited_count', 'restore_error_count',
  'looking_count', 'diff_count', 'snap_count', 'revalidate_count', 'proposal_count', 'learner_proposal_received_count',
  'learner_commit_received_count', 'quit_leading_due_to_disloyal_voter',
] as const;
export type CounterName = (typeof COUNTERS)[number];

/** Apache's server keeps these apart from the others, and does not reset them (ServerStats). */
const NEVER_RESET: ReadonlySet<CounterName> = new Set<CounterName>(['auth_failed_count', 'fsync_threshold_exceed_count']);

/** Distributions by the name that `mntr` gives them behind `avg_`, `min_` and so on; in ms where the name does not say `count` or `loaded`. */
export const SUMMARIES = [
  'dbinittime', 'startup_snap_load_time', 'startup_txns_load_time', 'startup_txns_loaded',
  'election_time', 'unavailable_time', 'leader_unavailable_time', 'follower_sync_time', 'observer_sync_time',
  'inflight_snap_count', 'inflight_diff_count', 'proposal_latency', 'quorum_ack_latency', 'propagation_latency',
  'node_created_watch_count', 'node_deleted_watch_count', 'node_changed_watch_count', 'node_children_watch_count',
] as const;
export type SummaryName = (typeof SUMMARIES)[number];

/** WatchManager.triggerWatch */
const WATCH_SUMMARIES: ReadonlyMap<EventType, SummaryName> = new Map([
  [EventType.NodeCreated, 'node_created_watch_count'],
  [EventType.NodeDeleted, 'node_deleted_watch_count'],
  [EventType.NodeDataChanged, 'node_changed_watch_count'],
  [EventType.NodeChildrenChanged, 'node_children_watch_count'],
]);

export class ServerStats {
  packetsReceived = 0;
  packetsSent = 0;
  readonly latency = new Summary();
  readonly reads = new Summary();
  readonly updates = new Summary();
  readonly fsync = new Summary();
  readonly snapshots = new Summary();
  readonly restores = new Summary();
  readonly replySizes = new ReplySizes();
  readonly #counters = new Map<CounterName, number>(COUNTERS.map((name) => [name, 0]));
  readonly #summaries = new Map<SummaryName, Summary>(SUMMARIES.map((name) => [name, new Summary()]));
  readonly #figuresStay: boolean;

  /** @param figuresStay counters and distributions are gathered for Prometheus */
  constructor(figuresStay = false) {
    this.#figuresStay = figuresStay;
  }

  count(name: CounterName, more = 1): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + more);
  }

  counters(): Iterable<readonly [CounterName, number]> {
    return this.#counters;
  }

  /** Takes a value into a distribution. */
  add(name: SummaryName, value: number): void {
    this.#summaries.get(name)?.add(value);
  }

  /**
   * How long after it was decided, by the clock of the leader, a transaction has come as far as this. Clocks of different
   * machines are compared: what would be before its time is left out (Request.logLatency).
   *
   * @param wallMs now, in ms since 1970
   */
  since(name: SummaryName, { timeMs }: { readonly timeMs: bigint }, wallMs: number): void {
    const latencyMs = wallMs - Number(timeMs);
    if (latencyMs >= 0) this.add(name, latencyMs);
  }

  /** An event met so many connections' watches. */
  watched(type: EventType, watchers: number): void {
    const name = WATCH_SUMMARIES.get(type);
    if (name !== undefined) this.add(name, watchers);
  }

  summaries(): Iterable<readonly [SummaryName, Summary]> {
    return this.#summaries;
  }

  /**
   * `srst` (ServerStats.reset): everything begins anew, but what is gathered for Prometheus goes on, since there a counter
   * never falls (PrometheusMetricsProvider.resetAllValues).
   */
  reset(): void {
    this.packetsReceived = 0;
    this.packetsSent = 0;
    this.latency.reset();
    this.replySizes.reset();
    if (this.#figuresStay) return;
    for (const name of COUNTERS) if (!NEVER_RESET.has(name)) this.#counters.set(name, 0);
    for (const summary of [this.reads, this.updates, this.fsync, this.snapshots, this.restores, ...this.#summaries.values()]) summary.reset();
  }
}

/** One connection's own figures, as `cons` shows them. */
export class ConnectionStats {
  received = 0;
  sent = 0;
  lastOperation = 'NA';
  lastCxid = -1;
  lastZxid = -1n;
  lastResponseMs = 0;
  lastLatencyMs = 0;
  readonly latency = new Summary();

  /** An answer went out. @param wallMs now, as people count time */
  answered(operation: string, cxid: number, zxid: bigint, latencyMs: number, wallMs: number): void {
    this.lastOperation = operation;
    this.lastCxid = cxid;
    this.lastZxid = zxid;
    this.lastResponseMs = wallMs;
    this.lastLatencyMs = Math.max(0, Math.floor(latencyMs));
    this.latency.add(latencyMs);
  }

  /** `crst` */
  reset(): void {
    this.received = 0;
    this.sent = 0;
    this.lastOperation = 'NA';
    this.lastCxid = -1;
    this.lastZxid = -1n;
    this.lastResponseMs = 0;
    this.lastLatencyMs = 0;
    this.latency.reset();
  }
}
