/**
 * Simulated time: what is to happen, in order. Must hold: the same calls give the same order, whatever machine runs it;
 * of two things due at the same moment the one asked for first comes first.
 */

interface Due {
  readonly atMs: number;
  readonly order: number;
  fn: (() => void) | null;
}

export class Scheduler {
  #heap: Due[] = [];
  #order = 0;
  #nowMs = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Calls `fn` after `delayMs`. @returns takes it back */
  after(delayMs: number, fn: () => void): () => void {
    const due: Due = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, fn };
    this.#push(due);
    return () => {
      due.fn = null;
    };
  }

  /** Lets time pass until then, or until `done` says so. @returns whether `done` did */
  run(untilMs: number, done: () => boolean = () => false): boolean {
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= untilMs; next = this.#heap[0]) {
      this.#pop();
      const { fn } = next;
      if (fn === null) continue;
      this.#nowMs = next.atMs;
      fn();
      if (done()) return true;
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
    return done();
  }

  /** Does the next thing that is due by then. @returns false when there is none */
  runOne(untilMs: number): boolean {
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= untilMs; next = this.#heap[0]) {
      this.#pop();
      const { fn } = next;
      if (fn === null) continue;
      this.#nowMs = next.atMs;
      fn();
      return true;
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
    return false;
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!before(due, heap[up] as Due)) break;
      heap[at] = heap[up] as Due;
      at = up;
    }
    heap[at] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Due;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let down = at * 2 + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && before(heap[down + 1] as Due, heap[down] as Due)) down++;
      if (!before(heap[down] as Due, last)) break;
      heap[at] = heap[down] as Due;
      at = down;
    }
    heap[at] = last;
  }
}

function before(a: Due, b: Due): boolean {
  return a.atMs !== b.atMs ? a.atMs < b.atMs : a.order < b.order;
}
