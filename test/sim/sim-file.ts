/**
 * One file on a simulated disk: what the system shows of it, and what the disk holds of that. Between the two lie
 * sectors that were written and not synced, each of which a power cut may keep or lose.
 */

import { below, type Random } from '../../src/base/random.ts';

export const SECTOR_BYTES = 512;

export class SimFile {
  /** What a reader sees. */
  view: Uint8Array = new Uint8Array(0);
  /** What a power cut leaves for certain. */
  durable: Uint8Array = new Uint8Array(0);
  /** Sectors in which the two may differ. */
  readonly #dirty = new Set<number>();
  /** The length was changed and not synced. */
  #lengthDirty = false;

  static of(bytes: Uint8Array): SimFile {
    const file = new SimFile();
    file.view = bytes.slice();
    file.durable = bytes.slice();
    return file;
  }

  write(at: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (at + bytes.length > this.view.length) this.resize(at + bytes.length);
    this.view.set(bytes, at);
    for (let sector = Math.floor(at / SECTOR_BYTES); sector * SECTOR_BYTES < at + bytes.length; sector++) this.#dirty.add(sector);
  }

  resize(bytes: number): void {
    const resized = new Uint8Array(bytes);
    resized.set(this.view.subarray(0, bytes));
    this.view = resized;
    this.#lengthDirty = true;
    for (const sector of this.#dirty) if (sector * SECTOR_BYTES >= bytes) this.#dirty.delete(sector);
  }

  /** Only what is known to be unwritten is written: what a failed sync lost stays lost until it is written again. */
  sync(): void {
    const next = new Uint8Array(this.view.length);
    next.set(this.durable.subarray(0, next.length));
    for (const sector of this.#dirty) next.set(this.view.subarray(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES), sector * SECTOR_BYTES);
    this.durable = next;
    this.#dirty.clear();
    this.#lengthDirty = false;
  }

  /** Some of it reaches the disk; all of it is taken for written, as systems do after a failed fsync. */
  syncBadly(random: Random): void {
    this.#reach(random);
    this.#dirty.clear();
    this.#lengthDirty = false;
  }

  /** The power goes: unsynced sectors are kept or lost, in any order. */
  powerCut(random: Random): void {
    this.#reach(random);
    this.view = this.durable.slice();
    this.#dirty.clear();
    this.#lengthDirty = false;
  }

  #reach(random: Random): void {
    const keepLength = !this.#lengthDirty || below(random, 3) > 0;
    const length = keepLength ? this.view.length : this.durable.length;
    const next = new Uint8Array(length);
    next.set(this.durable.subarray(0, length));
    // Now and then all, none, or nearly all: a single lost sector is the worst of them.
    const loss = [0, 1, 4, 8, 15, 16][below(random, 6)] as number;
    for (const sector of this.#dirty) {
      if (below(random, 16) < loss) continue;
      const from = sector * SECTOR_BYTES;
      if (from < length) next.set(this.view.subarray(from, Math.min(from + SECTOR_BYTES, length)), from);
    }
    this.durable = next;
  }
}
