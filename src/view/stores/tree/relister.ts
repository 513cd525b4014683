/**
 * Lists nodes again after a watch told that their children changed: one at a time, and never so often that it is all
 * that happens. A path asked for again while it waits is listed once.
 */

const PAUSE_MS = 120;
/** After a slow listing the pause is this many times as long. */
const PAUSE_FACTOR = 4;

export class Relister {
  readonly #list: (path: string) => Promise<void>;
  readonly #waiting = new Set<string>();
  #running = false;
  #stopped = false;

  constructor(list: (path: string) => Promise<void>) {
    this.#list = list;
  }

  request(path: string): void {
    this.#waiting.add(path);
    if (!this.#running) void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
  }

  async #run(): Promise<void> {
    this.#running = true;
    let pauseMs = PAUSE_MS;
    while (this.#waiting.size > 0 && !this.#stopped) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      const [path] = this.#waiting;
      if (path === undefined || this.#stopped) break;
      this.#waiting.delete(path);
      const beganMs = performance.now();
      await this.#list(path);
      pauseMs = Math.max(PAUSE_MS, (performance.now() - beganMs) * PAUSE_FACTOR);
    }
    this.#running = false;
  }
}
