/**
 * A data directory on Node's files. Must hold: what `sync` and `writeWhole` resolved survives a power cut, the file's
 * name in its directory included.
 */

import { constants, writeSync } from 'node:fs';
import { access, open, readdir, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../model/errors.ts';
import type { Storage, StorageFile } from '../ensemble/log/storage.ts';
import { makeDirectory } from './make-directory.ts';

/** Before a file is whole. ZooKeeper reads a name up to its first dot, so this must not begin as a real one does. */
const UNFINISHED = 'unfinished-';
const STREAM_BYTES = 256 * 1024;
/**
 * So much is handed to the system's memory within the call. That takes some microseconds, less than asking another
 * thread to do it; and on a busy machine every such thread that a write waits for makes it wait for its turn. Only
 * the sync, which waits for the disk, has to be elsewhere.
 */
const WRITTEN_AT_ONCE_BYTES = 128 * 1024;

/**
 * The files of one directory, which is made if it is not there. What an earlier process left unfinished is removed.
 *
 * @param directory an absolute path, such as `<dataDir>/version-2`
 */
export async function nodeStorage(directory: string): Promise<Storage> {
  await makeDirectory(directory);
  for (const name of await readdir(directory)) {
    if (name.startsWith(UNFINISHED)) await rm(join(directory, name), { force: true });
  }
  return new NodeStorage(directory);
}

class NodeStorage implements Storage {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async list(): Promise<readonly string[]> {
    const entries = await readdir(this.#directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  }

  async read(name: string): Promise<Uint8Array> {
    const bytes = await readFile(this.#path(name));
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  async readTail(name: string, bytes: number): Promise<Uint8Array> {
    const handle = await open(this.#path(name), constants.O_RDONLY);
    try {
      const { size } = await handle.stat();
      const length = Math.min(bytes, size);
      const tail = new Uint8Array(length);
      let at = 0;
      while (at < length) {
        const { bytesRead } = await handle.read(tail, at, length - at, size - length + at);
        if (bytesRead === 0) break;
        at += bytesRead;
      }
      return tail.subarray(0, at);
    } finally {
      await handle.close();
    }
  }

  async *stream(name: string, from = 0): AsyncIterableIterator<Uint8Array> {
    const handle = await open(this.#path(name), constants.O_RDONLY);
    try {
      for (let at = from; ; ) {
        // A fresh piece each time: the reader may keep views of it.
        const piece = new Uint8Array(STREAM_BYTES);
        const { bytesRead } = await handle.read(piece, 0, piece.length, at);
        if (bytesRead === 0) return;
        at += bytesRead;
        yield piece.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }

  async create(name: string, first: Uint8Array): Promise<StorageFile> {
    // One server has the directory for itself, so nobody takes the name between the question and the rename.
    const taken = await access(this.#path(name)).then(() => true, () => false);
    if (taken) throw new UsageError('FileExists', `${name} is there already`);
    await this.writeWhole(name, [first]);
    return new NodeFile(await open(this.#path(name), 'r+'), first.length);
  }

  async writeWhole(name: string, parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    const unfinished = this.#path(`${UNFINISHED}${name}`);
    const handle = await open(unfinished, 'w');
    try {
      let at = 0;
      for await (const part of parts) {
        await writeAll(handle, part, at);
        at += part.length;
      }
      await handle.sync();
      await handle.close();
      await rename(unfinished, this.#path(name));
    } catch (error) {
      await handle.close().catch(() => undefined);
      await rm(unfinished, { force: true });
      throw error;
    }
    await this.#syncDirectory();
  }

  async truncate(name: string, bytes: number, doubtful = bytes): Promise<void> {
    const handle = await open(this.#path(name), 'r+');
    try {
      await handle.truncate(bytes);
      const piece = new Uint8Array(Math.max(0, Math.min(STREAM_BYTES, bytes - doubtful)));
      for (let at = doubtful; at < bytes; ) {
        const { bytesRead } = await handle.read(piece, 0, piece.length, at);
        if (bytesRead === 0) break;
        await writeAll(handle, piece.subarray(0, bytesRead), at);
        at += bytesRead;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async remove(name: string): Promise<void> {
    await rm(this.#path(name));
    await this.#syncDirectory();
  }

  async size(name: string): Promise<number> {
    return (await stat(this.#path(name))).size;
  }

  async modifiedMs(name: string): Promise<number> {
    return (await stat(this.#path(name))).mtimeMs;
  }

  async #syncDirectory(): Promise<void> {
    // Windows cannot open a directory; its file system journals names by itself.
    const handle = await open(this.#directory, constants.O_RDONLY).catch(() => null);
    if (handle === null) return;
    try {
      await handle.sync();
    } catch (error) {
      if (!isUnsupported(error)) throw error;
    } finally {
      await handle.close();
    }
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }
}

class NodeFile implements StorageFile {
  readonly #handle: FileHandle;
  #end: number;

  constructor(handle: FileHandle, end: number) {
    this.#handle = handle;
    this.#end = end;
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (bytes.length <= WRITTEN_AT_ONCE_BYTES) writeAtOnce(this.#handle, bytes, this.#end);
    else await writeAll(this.#handle, bytes, this.#end);
    this.#end += bytes.length;
  }

  async sync(): Promise<void> {
    await this.#handle.datasync();
  }

  async preallocate(totalBytes: number): Promise<void> {
    if (totalBytes > this.#end) await this.#handle.truncate(totalBytes);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function writeAtOnce(handle: FileHandle, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(handle.fd, bytes, at, bytes.length - at, position + at);
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let at = 0;
  while (at < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

/** Some file systems do not sync directories and say so. */
function isUnsupported(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EINVAL' || code === 'EPERM' || code === 'EISDIR' || code === 'ENOTSUP';
}
