/** What a server counts about itself and its connections (ServerStats, ServerCnxn). Times are in ms. */

/** Shortest, longest and mean time from a request's arrival to its answer. */
export class Latency {
  #min = Number.POSITIVE_INFINITY;
  #max = 0;
  #total = 0;
  #count = 0;

  add(ms: number): void {
    const whole = Math.max(0, Math.floor(ms));
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
] as const;
export type CounterName = (typeof COUNTERS)[number];

export class ServerStats {
  packetsReceived = 0;
  packetsSent = 0;
  readonly latency = new Latency();
  readonly reads = new Latency();
  readonly updates = new Latency();
  readonly fsync = new Latency();
  readonly snapshots = new Latency();
  readonly restores = new Latency();
  readonly replySizes = new ReplySizes();
  readonly #counters = new Map<CounterName, number>(COUNTERS.map((name) => [name, 0]));

  count(name: CounterName, more = 1): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + more);
  }

  counters(): Iterable<readonly [CounterName, number]> {
    return this.#counters;
  }

  /** `srst`: everything but the counters. */
  reset(): void {
    this.packetsReceived = 0;
    this.packetsSent = 0;
    this.latency.reset();
    this.replySizes.reset();
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
  readonly latency = new Latency();

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
