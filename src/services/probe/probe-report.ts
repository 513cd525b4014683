/** The lines of a connection test while it runs: each is told when it begins and when it ends. */

import type { Clock } from '../../base/clock.ts';
import type { TestStep } from '../../contract/connections.ts';
import type { Failure } from '../../contract/shapes.ts';

type Step = TestStep['step'];

/** How a line ended. */
export interface Ending {
  readonly outcome: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly detail: string;
  readonly failure?: Failure;
}

export class ProbeReport {
  readonly #clock: Clock;
  readonly #tell: (index: number, step: TestStep) => void;
  readonly #steps: TestStep[] = [];

  constructor(clock: Clock, tell: (index: number, step: TestStep) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  get steps(): TestStep[] {
    return [...this.#steps];
  }

  /** Runs one line. What `work` throws passes through, its line left as running. */
  async run(step: Step, server: string | null, work: () => Promise<Ending>): Promise<Ending> {
    const index = this.#steps.length;
    const startedMs = this.#clock.monotonicMs();
    this.#put(index, { step, server, outcome: 'running', detail: '', failure: null, tookMs: null });
    const ending = await work();
    this.#put(index, { ...lineOf(step, server, ending), tookMs: this.#clock.monotonicMs() - startedMs });
    return ending;
  }

  /** A line that is not run, with the reason. */
  skip(step: Step, server: string | null, detail: string): void {
    this.#put(this.#steps.length, { ...lineOf(step, server, { outcome: 'skipped', detail }), tookMs: null });
  }

  #put(index: number, step: TestStep): void {
    this.#steps[index] = step;
    this.#tell(index, step);
  }
}

function lineOf(step: Step, server: string | null, { outcome, detail, failure }: Ending): Omit<TestStep, 'tookMs'> {
  return { step, server, outcome, detail, failure: failure ?? null };
}
