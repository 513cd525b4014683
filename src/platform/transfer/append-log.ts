/**
 * Lines in a file that is only ever added to. Must hold: what `append` resolved survives a power cut; a line that was
 * cut off by a crash or a full disk is never seen, nor glued to the next.
 */

import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AppendLog } from '../../services/transfer/ports.ts';
import { makeDirectory } from '../make-directory.ts';
import { replaceFile } from '../node-store.ts';
import { chunksOf, readAt, syncFolder, writeAt } from './file-bytes.ts';
import { fileFailure, systemCode } from './file-failure.ts';

const LINE_FEED = 0x0a;
const TAIL_BYTES = 64 * 1024;
const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

/**
 * A log in one file, made with the first line; nobody else on the machine can read it.
 *
 * @param file absolute; its folder is made where there is none
 */
export function fileAppendLog(file: string): AppendLog {
  return new FileAppendLog(file);
}

class FileAppendLog implements AppendLog {
  readonly #file: string;
  #handle: FileHandle | null = null;
  /** Up to the end of the last whole line. */
  #bytes = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
  }

  async *read(): AsyncGenerator<string> {
    await this.#turn.catch(() => undefined);
    const handle = await open(this.#file, 'r').catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return null;
      throw fileFailure(this.#file, error);
    });
    if (handle === null) return;
    try {
      yield* linesOf(chunksOf(handle));
    } catch (error) {
      throw fileFailure(this.#file, error);
    } finally {
      await handle.close();
    }
  }

  append(lines: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      if (lines.length === 0) return;
      const handle = await this.#opened();
      const bytes = new TextEncoder().encode(`${lines.join('\n')}\n`);
      try {
        await writeAt(handle, this.#bytes, bytes);
        await handle.datasync();
      } catch (error) {
        // What is left of it would be read as a line when the next one came behind it.
        await handle.truncate(this.#bytes).catch(() => undefined);
        throw error;
      }
      this.#bytes += bytes.length;
    });
  }

  replace(lines: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      await this.#release();
      await replaceFile(this.#file, lines.map((line) => `${line}\n`).join(''));
    });
  }

  size(): Promise<number> {
    return this.#inTurn(async () => {
      await this.#opened();
      return this.#bytes;
    });
  }

  async close(): Promise<void> {
    await this.#inTurn(() => this.#release()).catch(() => undefined);
  }

  async #opened(): Promise<FileHandle> {
    if (this.#handle !== null) return this.#handle;
    const folder = dirname(this.#file);
    await makeDirectory(folder, OWNER_ONLY_FOLDER);
    const handle = await open(this.#file, 'r+').catch(async (error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error;
      const made = await open(this.#file, 'w+', OWNER_ONLY);
      await syncFolder(folder);
      return made;
    });
    this.#handle = handle;
    this.#bytes = await wholeLineBytes(handle);
    await handle.truncate(this.#bytes);
    return handle;
  }

  async #release(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close();
  }

  /** One thing after the other, whatever became of the one before. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work).catch((error: unknown) => {
      throw fileFailure(this.#file, error);
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}

/** Up to the last line feed. */
async function wholeLineBytes(handle: FileHandle): Promise<number> {
  let { size: end } = await handle.stat();
  while (end > 0) {
    const from = Math.max(0, end - TAIL_BYTES);
    const at = (await readAt(handle, from, end - from)).lastIndexOf(LINE_FEED);
    if (at >= 0) return from + at + 1;
    end = from;
  }
  return 0;
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let held = '';
  for await (const chunk of chunks) {
    const lines = (held + decoder.decode(chunk, { stream: true })).split('\n');
    held = lines.pop() ?? '';
    yield* lines;
  }
}
