/** What a disk refuses, told by the name of the file. */

import type { Storage } from './storage.ts';
import { StorageError } from './storage-error.ts';

/** What the disk answers. @param name null for the directory @throws StorageError ReadFailed */
export async function reading<T>(name: string | null, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new StorageError('ReadFailed', `${name ?? 'the data directory'} cannot be read: ${String(error)}`, name);
  }
}

/** What recovery repairs. @throws StorageError WriteFailed */
export async function repairing<T>(name: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new StorageError(
      'WriteFailed',
      `${name} cannot be made ready for use: ${String(error)}. At its start the server must be able to write in its data ` +
        'directory: check its permissions, and the disk for space.',
      name,
    );
  }
}

/** A file in pieces, from an offset on. @throws StorageError ReadFailed */
export async function* chunksOf(storage: Storage, name: string, from = 0): AsyncIterableIterator<Uint8Array> {
  const chunks = storage.stream(name, from)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await reading(name, chunks.next());
      if (done === true) return;
      yield value;
    }
  } finally {
    await chunks.return?.();
  }
}
