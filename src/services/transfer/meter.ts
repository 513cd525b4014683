/** How far a job is: nodes and bytes, how fast of late, how long still. */

import type { Clock } from '../../base/clock.ts';

/** The rate is that of this much time, ms. */
const RATE_MS = 5_000;
const SAMPLE_MS = 250;

interface Sample {
  readonly atMs: number;
  readonly nodes: number;
}

export class Meter {
  readonly #clock: Clock;
  readonly #startMs: number;
  #samples: Sample[] = [];
  /** Nodes that are through in this phase. */
  nodes = 0;
  nodesTotal: number | null = null;
  bytes = 0;
  /** The node that it is at. */
  at: string | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startMs = clock.monotonicMs();
    this.#samples.push({ atMs: this.#startMs, nodes: 0 });
  }

  get elapsedMs(): number {
    return this.#clock.monotonicMs() - this.#startMs;
  }

  /** Counting begins anew: another phase goes through the nodes again. */
  begin(nodesTotal: number | null, nodes = 0): void {
    this.nodes = nodes;
    this.nodesTotal = nodesTotal;
    this.#samples = [{ atMs: this.#clock.monotonicMs(), nodes }];
  }

  /** A node is through. */
  count(path: string, dataLength: number): void {
    this.nodes++;
    this.bytes += dataLength;
    this.at = path;
    if ((this.nodes & 63) === 0) this.#sample();
  }

  /** Of the last seconds. */
  get nodesPerSecond(): number {
    this.#sample();
    const first = this.#samples[0] as Sample;
    const tookMs = this.#clock.monotonicMs() - first.atMs;
    return tookMs <= 0 ? 0 : ((this.nodes - first.nodes) * 1000) / tookMs;
  }

  /** Null where the end, or the speed, is not known. */
  get remainingMs(): number | null {
    if (this.nodesTotal === null) return null;
    const left = Math.max(0, this.nodesTotal - this.nodes);
    if (left === 0) return 0;
    const rate = this.nodesPerSecond;
    return rate <= 0 ? null : Math.round((left / rate) * 1000);
  }

  #sample(): void {
    const nowMs = this.#clock.monotonicMs();
    const last = this.#samples[this.#samples.length - 1] as Sample;
    if (nowMs - last.atMs < SAMPLE_MS) return;
    this.#samples.push({ atMs: nowMs, nodes: this.nodes });
    while (this.#samples.length > 2 && nowMs - (this.#samples[0] as Sample).atMs > RATE_MS) this.#samples.shift();
  }
}
