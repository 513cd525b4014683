/** Bytes of open files, whole: the system may read and write less than it was asked to. */

import { open, type FileHandle } from 'node:fs/promises';

/** A large read costs one call and one array. */
export const CHUNK_BYTES = 256 * 1024;

/** Reads bytes [at, at + length), or fewer where the file ends. */
export async function readAt(handle: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

/** Writes all of it at a place. @throws the system's error; a part may then be written */
export async function writeAt(handle: FileHandle, at: number, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

/** The bytes of an open file from its beginning to a place, each chunk an array of its own. */
export async function* chunksOf(handle: FileHandle, end = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < end; ) {
    const chunk = await readAt(handle, at, Math.min(CHUNK_BYTES, end - at));
    if (chunk.length === 0) return;
    at += chunk.length;
    yield chunk;
  }
}

/** Makes a name that was given or taken in a folder last. Windows cannot open folders, and needs no such thing. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
