/**
 * A disk that does nothing until it is told to: every operation waits in a queue, from which the simulation takes one
 * after another, in any order that real files allow, lets it fail, or crashes around it.
 */

import { below, type Random } from '../../src/base/random.ts';
import type { Storage, StorageFile } from '../../src/ensemble/log/storage.ts';
import { SimFile } from './sim-file.ts';

interface Operation {
  run(): void;
  /** What a process that is killed meanwhile may leave. */
  leaveHalf(random: Random): void;
}

export interface DiskFaults {
  /** fsync says yes and does nothing. */
  readonly lyingSync?: boolean;
  /** What an earlier failed fsync lost is not written again. */
  readonly forgetsDoubt?: boolean;
  /** Now and then somebody takes a log away while the server is down. */
  readonly losesLogs?: boolean;
}

export class SimDisk {
  readonly files = new Map<string, SimFile>();
  /** Told of every append to a file, when it is handed in. */
  onAppend: (name: string, bytes: Uint8Array) => void = () => undefined;
  /** Nothing can be added while it is. */
  full = false;
  /** Told of every operation that waits from now on: `step` is to be called for it. */
  onWaiting: () => void = () => undefined;
  /** The next so many syncs fail. */
  badSyncs = 0;
  readonly #random: Random;
  readonly #faults: DiskFaults;
  #queue: Operation[] = [];

  constructor(random: Random, faults: DiskFaults = {}) {
    this.#random = random;
    this.#faults = faults;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Carries one waiting operation out. */
  step(): void {
    const [operation] = this.#queue.splice(below(this.#random, this.#queue.length), 1);
    operation?.run();
  }

  /** The process is gone; what it asked for happens in part. The system goes on. */
  killed(): void {
    for (const operation of this.#queue) operation.leaveHalf(this.#random);
    this.#queue = [];
  }

  powerCut(): void {
    this.killed();
    for (const file of this.files.values()) file.powerCut(this.#random);
    const logs = [...this.files.keys()].filter((name) => name.startsWith('log.'));
    // Not the last one with something in it: nothing tells that there ever was one.
    if (this.#faults.losesLogs === true && logs.length > 2) this.files.delete(logs[below(this.#random, logs.length - 2)] as string);
  }

  /** A process's view of the disk; what another one before it had asked for is over. */
  open(): Storage {
    for (const name of [...this.files.keys()]) if (name.startsWith('unfinished-')) this.files.delete(name);
    return {
      list: () => this.#soon(() => [...this.files.keys()]),
      read: (name) => this.#soon(() => this.#file(name).view.slice()),
      readTail: (name, bytes) => this.#soon(() => this.#file(name).view.slice(-bytes)),
      stream: (name, from = 0) => this.#stream(name, from),
      size: (name) => this.#soon(() => this.#file(name).view.length),
      create: (name, first) => this.#soon(() => {
        if (this.files.has(name)) throw new Error(`EEXIST ${name}`);
        this.#mustFit();
        this.files.set(name, SimFile.of(first));
        return this.#handle(name, first.length);
      }, () => this.files.set(name, SimFile.of(first))),
      writeWhole: async (name, parts) => {
        const all: Uint8Array[] = [];
        for await (const part of parts) all.push(part.slice());
        const put = (): void => {
          this.files.set(name, SimFile.of(Buffer.concat(all)));
        };
        return this.#soon(() => {
          this.#mustFit();
          put();
        }, put);
      },
      truncate: (name, bytes, doubtful = bytes) => this.#soon(() => {
        const file = this.#file(name);
        file.resize(bytes);
        if (this.#faults.forgetsDoubt !== true) file.write(doubtful, file.view.slice(doubtful));
        // A sync makes durable what was written since the last one, and only that.
        this.#sync(file);
      }),
      remove: (name) => this.#soon(() => void this.files.delete(name), () => void this.files.delete(name)),
    };
  }

  #handle(name: string, start: number): StorageFile {
    let end = start;
    const file = this.#file(name);
    return {
      append: (bytes) => {
        this.onAppend(name, bytes);
        const at = end;
        end += bytes.length;
        const some = (): void => file.write(at, bytes.subarray(0, below(this.#random, bytes.length + 1)));
        return this.#soon(() => {
          if (this.full) {
            some();
            throw new Error('ENOSPC: no space left on device');
          }
          file.write(at, bytes);
        }, some);
      },
      sync: () => this.#soon(() => this.#sync(file)),
      preallocate: (bytes) => this.#soon(() => {
        if (bytes > file.view.length) file.resize(bytes);
      }),
      close: () => Promise.resolve(),
    };
  }

  #sync(file: SimFile): void {
    if (this.badSyncs > 0) {
      this.badSyncs--;
      file.syncBadly(this.#random);
      throw new Error('EIO: i/o error, fdatasync');
    }
    if (this.#faults.lyingSync !== true) file.sync();
  }

  #mustFit(): void {
    if (this.full) throw new Error('ENOSPC: no space left on device');
  }

  #file(name: string): SimFile {
    const file = this.files.get(name);
    if (file === undefined) throw new Error(`ENOENT ${name}`);
    return file;
  }

  async *#stream(name: string, from: number): AsyncIterableIterator<Uint8Array> {
    const bytes = await this.#soon(() => this.#file(name).view.slice());
    const piece = 100 + below(this.#random, 3000);
    for (let at = from; at < bytes.length; at += piece) yield bytes.slice(at, at + piece);
  }

  #soon<T>(run: () => T, leaveHalf: () => void = () => undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#queue.push({
        run: () => {
          try {
            resolve(run());
          } catch (error) {
            reject(error as Error);
          }
        },
        leaveHalf: (random) => {
          if (below(random, 2) === 0) leaveHalf();
        },
      });
      this.onWaiting();
    });
  }
}
