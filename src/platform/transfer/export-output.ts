/**
 * An export being written: under `FILE.part` until it is whole, then under its own name, as one step.
 * Must hold: what `checkpoint` resolved survives a power cut; a file that is there already is replaced only when that
 * was asked for; whatever ends a run leaves FILE.part, with which the next one can go on.
 */

import { link, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UsageError } from '../../model/errors.ts';
import type { ExportCompression, ExportOutput } from '../../services/transfer/ports.ts';
import { makeDirectory } from '../make-directory.ts';
import { bodyOf, type Body } from './bodies.ts';
import { syncFolder, writeAt } from './file-bytes.ts';
import { fileFailure, systemCode } from './file-failure.ts';

/** So much is gathered before it is written, and packed to one member. */
const GATHERED_BYTES = 1024 * 1024;
/** What is exported may be open to few on its servers. */
const OWNER_ONLY = 0o600;
/** What a file system answers that has no hard links. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV', 'EISDIR', 'EINVAL'];

export interface ExportOutputOptions {
  readonly file: string;
  readonly compression: ExportCompression;
  /** Whether a file of this name may be replaced. */
  readonly overwrite: boolean;
}

/** An export into a file. Its folder is made where there is none. @throws UsageError FileFailed where this Node cannot compress so */
export function fileExportOutput(options: ExportOutputOptions): ExportOutput {
  return new FileExportOutput(options);
}

/** Where an export stands until it is whole. */
export function partOf(file: string): string {
  return `${file}.part`;
}

class FileExportOutput implements ExportOutput {
  readonly name: string;
  readonly #file: string;
  readonly #part: string;
  readonly #overwrite: boolean;
  readonly #body: Body;
  #handle: FileHandle | null = null;
  #at = 0;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  /** The writing of what was gathered before, while more is gathered. */
  #writing: Promise<void> = Promise.resolve();

  constructor({ file, compression, overwrite }: ExportOutputOptions) {
    this.name = file;
    this.#file = resolve(file);
    this.#part = partOf(this.#file);
    this.#overwrite = overwrite;
    this.#body = bodyOf(compression);
  }

  async *kept(): AsyncGenerator<Uint8Array> {
    const handle = await open(this.#part, 'r').catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return null;
      throw fileFailure(this.name, error);
    });
    if (handle === null) return;
    try {
      yield* this.#body.kept(handle);
    } catch (error) {
      throw fileFailure(this.name, error);
    } finally {
      await handle.close();
    }
  }

  async begin(bytes: number): Promise<void> {
    await this.#doing(async () => {
      await this.#refuseExisting();
      await makeDirectory(dirname(this.#file));
      // A new file, and not the old one made empty: whoever else may be writing to that does not write into ours.
      if (bytes === 0) await rm(this.#part, { force: true });
      const handle = await open(this.#part, bytes === 0 ? 'wx+' : 'r+', OWNER_ONLY);
      this.#handle = handle;
      if (bytes === 0) await syncFolder(dirname(this.#file));
      const cut = await this.#body.cutAt(handle, bytes);
      if (cut === null) throw new UsageError('FileFailed', `${this.#part}: holds less than is to be kept of it`);
      await handle.truncate(cut.fileBytes);
      this.#at = cut.fileBytes;
      this.#gather(cut.again);
    });
  }

  async write(lines: Uint8Array): Promise<void> {
    await this.#doing(async () => {
      this.#gather(lines);
      if (this.#gatheredBytes >= GATHERED_BYTES) await this.#writeGathered();
    });
  }

  async checkpoint(): Promise<void> {
    await this.#doing(() => this.#settle());
  }

  async finish(): Promise<void> {
    await this.#doing(async () => {
      await this.#settle();
      await this.#refuseOthers();
      await this.#handle?.close();
      this.#handle = null;
      if (this.#overwrite) await rename(this.#part, this.#file);
      else await this.#publishNew();
      await syncFolder(dirname(this.#file));
    });
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    await this.#settle().catch(() => undefined);
    this.#handle = null;
    await handle?.close().catch(() => undefined);
  }

  #gather(lines: Uint8Array): void {
    if (lines.length === 0) return;
    this.#gathered.push(lines);
    this.#gatheredBytes += lines.length;
  }

  /** Begins to write what was gathered, when what was gathered before is written. */
  async #writeGathered(): Promise<void> {
    await this.#writing;
    const parts = this.#gathered;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    if (parts.length === 0) return;
    this.#writing = this.#body.pack(parts).then(async (bytes) => {
      const handle = this.#handle;
      if (handle === null) throw new UsageError('FileFailed', `${this.name}: not begun`);
      await writeAt(handle, this.#at, bytes);
      this.#at += bytes.length;
    });
    // Told to whoever comes next.
    this.#writing.catch(() => undefined);
  }

  async #settle(): Promise<void> {
    await this.#writeGathered();
    await this.#writing;
    await this.#handle?.sync();
  }

  async #refuseExisting(): Promise<void> {
    if (this.#overwrite) return;
    const there = await stat(this.#file).then(() => true, () => false);
    if (there) throw new UsageError('FileExists', `${this.name} is there already`);
  }

  /** What stands under the name of the part is what was written here. */
  async #refuseOthers(): Promise<void> {
    const mine = await this.#handle?.stat({ bigint: true });
    const there = await stat(this.#part, { bigint: true }).catch(() => null);
    if (mine?.ino === there?.ino && mine?.dev === there?.dev) return;
    throw new UsageError('FileFailed', `${this.name}: another export writes to it, too`);
  }

  /** Gives the name unless another file has got it meanwhile. */
  async #publishNew(): Promise<void> {
    try {
      await link(this.#part, this.#file);
    } catch (error) {
      if (systemCode(error) === 'EEXIST') throw new UsageError('FileExists', `${this.name} has come to be meanwhile; the export is ${this.#part}`);
      if (!NO_LINKS.includes(systemCode(error))) throw error;
      await this.#refuseExisting();
      await rename(this.#part, this.#file);
      return;
    }
    await rm(this.#part);
  }

  async #doing(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const left = this.#at > 0 || this.#handle !== null ? `${partOf(this.name)} holds what was written so far` : '';
      throw fileFailure(this.name, error, left);
    }
  }
}
