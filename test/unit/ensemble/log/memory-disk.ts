/** A disk in memory for tests: remembers what was synced, so that a power cut can be played. */

import type { Storage, StorageFile } from '../../../../src/ensemble/log/storage.ts';

interface Content {
  bytes: Uint8Array;
  durable: Uint8Array | null;
}

export interface MemoryDisk extends Storage {
  readonly files: Map<string, Content>;
  /** How often something was synced. */
  readonly syncs: number;
  /** Every write and sync from now on fails with this; null: the disk works again. */
  failWith(error: Error | null): void;
  /** Only what was synced is left. */
  powerCut(): void;
  /** Puts a whole, durable file there. */
  put(name: string, bytes: Uint8Array): void;
}

const PIECE_BYTES = 1000;

/** Real file systems answer later, never within the call. */
const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function memoryDisk(contents: Readonly<Record<string, Uint8Array>> = {}): MemoryDisk {
  const files = new Map<string, Content>();
  let syncs = 0;
  let failure: Error | null = null;
  const get = (name: string): Content => {
    const content = files.get(name);
    if (content === undefined) throw new Error(`ENOENT ${name}`);
    return content;
  };
  const work = async (): Promise<void> => {
    await later();
    if (failure !== null) throw failure;
  };
  const disk: MemoryDisk = {
    files,
    get syncs() {
      return syncs;
    },
    failWith(error) {
      failure = error;
    },
    powerCut() {
      for (const [name, content] of files) {
        if (content.durable === null) files.delete(name);
        else content.bytes = content.durable.slice();
      }
    },
    put(name, bytes) {
      files.set(name, { bytes: bytes.slice(), durable: bytes.slice() });
    },
    list: () => Promise.resolve([...files.keys()]),
    read: (name) => later().then(() => get(name).bytes.slice()),
    readTail: (name, bytes) => later().then(() => get(name).bytes.slice(-bytes)),
    async *stream(name, from = 0) {
      await later();
      const { bytes } = get(name);
      // Pieces so small that everything is cut somewhere.
      for (let at = from; at < bytes.length; at += PIECE_BYTES) yield bytes.slice(at, at + PIECE_BYTES);
    },
    async create(name, first) {
      await work();
      if (files.has(name)) throw new Error(`EEXIST ${name}`);
      const content: Content = { bytes: first.slice(), durable: first.slice() };
      files.set(name, content);
      return fileOf(content, work, () => syncs++);
    },
    async writeWhole(name, parts) {
      const all: Uint8Array[] = [];
      for await (const part of parts) all.push(part.slice());
      await work();
      syncs++;
      disk.put(name, Buffer.concat(all));
    },
    async truncate(name, bytes) {
      await work();
      disk.put(name, get(name).bytes.slice(0, bytes));
    },
    async remove(name) {
      await work();
      if (!files.delete(name)) throw new Error(`ENOENT ${name}`);
    },
    size: (name) => later().then(() => get(name).bytes.length),
  };
  for (const [name, bytes] of Object.entries(contents)) disk.put(name, bytes);
  return disk;
}

function fileOf(content: Content, work: () => Promise<void>, onSync: () => void): StorageFile {
  let end = content.bytes.length;
  return {
    async append(bytes) {
      await work();
      const grown = new Uint8Array(Math.max(content.bytes.length, end + bytes.length));
      grown.set(content.bytes);
      grown.set(bytes, end);
      content.bytes = grown;
      end += bytes.length;
    },
    async sync() {
      await work();
      onSync();
      content.durable = content.bytes.slice();
    },
    async preallocate(totalBytes) {
      await work();
      if (totalBytes <= content.bytes.length) return;
      const grown = new Uint8Array(totalBytes);
      grown.set(content.bytes);
      content.bytes = grown;
    },
    close: () => Promise.resolve(),
  };
}
