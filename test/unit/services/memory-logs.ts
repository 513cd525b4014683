/** Logs and exports in memory, which can be told to fail. */

import { UsageError } from '../../../src/model/errors.ts';
import { nodeTransferTools } from '../../../src/platform/transfer/tools.ts';
import type { ExportFiles, LogFolder, TransferPorts } from '../../../src/services/ports.ts';
import type { AppendLog, ExportOutput } from '../../../src/services/transfer/ports.ts';

export interface MemoryLogs extends LogFolder {
  readonly files: Map<string, string[]>;
  /** Writes so far. */
  appends: number;
  /** From this write on, every one fails as on a full disk. */
  failFrom: number;
}

const full = (): UsageError => new UsageError('FileFailed', 'memory: the disk is full (ENOSPC)');

export function memoryLogs(files = new Map<string, string[]>()): MemoryLogs {
  const folder: MemoryLogs = {
    files,
    appends: 0,
    failFrom: Number.POSITIVE_INFINITY,
    log: (name) => logIn(folder, name),
    names: async () => [...files.keys()].sort(),
    remove: async (name) => void files.delete(name),
  };
  return folder;
}

function logIn(folder: MemoryLogs, name: string): AppendLog {
  const { files } = folder;
  const write = async (lines: readonly string[]): Promise<void> => {
    if (folder.appends++ >= folder.failFrom) throw full();
    files.set(name, [...lines]);
  };
  return {
    async *read() {
      yield* [...(files.get(name) ?? [])];
    },
    append: (lines) => write([...(files.get(name) ?? []), ...lines]),
    replace: write,
    size: async () => (files.get(name) ?? []).join('\n').length,
    close: async () => undefined,
  };
}

export interface MemoryFiles extends ExportFiles {
  readonly contents: Map<string, Uint8Array>;
}

export function memoryFiles(): MemoryFiles {
  const contents = new Map<string, Uint8Array>();
  const read = (file: string): Uint8Array => {
    const bytes = contents.get(file);
    if (bytes === undefined) throw new UsageError('FileFailed', `${file}: no such file or folder (ENOENT)`);
    return bytes;
  };
  return {
    contents,
    folder: '/exports',
    isAbsolute: (file) => file.startsWith('/'),
    input: (file) => ({
      name: file,
      async *chunks() {
        yield read(file);
      },
    }),
    output: ({ file, overwrite }) => outputTo(contents, file, overwrite),
    list: async () => [...contents].map(([file, { length }]) => ({ file, bytes: length, atMs: 0 })),
    bytes: async (file) => read(file).length,
    exists: async (file) => contents.has(file),
    choose: async () => ({ supported: false, file: null }),
  };
}

function outputTo(contents: Map<string, Uint8Array>, file: string, overwrite: boolean): ExportOutput {
  let parts: Uint8Array[] = [];
  return {
    name: file,
    async *kept() {
      const left = contents.get(`${file}.part`);
      if (left !== undefined) yield left;
    },
    async begin(bytes) {
      if (!overwrite && contents.has(file)) throw new UsageError('FileExists', `${file} is there already`);
      parts = bytes === 0 ? [] : [(contents.get(`${file}.part`) as Uint8Array).slice(0, bytes)];
    },
    write: async (lines) => void parts.push(lines.slice()),
    checkpoint: async () => void contents.set(`${file}.part`, new Uint8Array(Buffer.concat(parts))),
    async finish() {
      contents.set(file, new Uint8Array(Buffer.concat(parts)));
      contents.delete(`${file}.part`);
    },
    close: async () => undefined,
  };
}

export interface MemoryTransfer extends TransferPorts {
  readonly files: MemoryFiles;
  readonly jobs: MemoryLogs;
  readonly history: MemoryLogs;
}

export function memoryTransfer(): MemoryTransfer {
  return { tools: nodeTransferTools, files: memoryFiles(), jobs: memoryLogs(), history: memoryLogs() };
}
