/** What transfers need of the world beside sockets and clocks: files that are streams, journals that survive, checksums. */

/** A running SHA-256. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** 64 lower-case hex digits. Nothing may be added afterwards. */
  hex(): string;
}

/** Base64 (RFC 4648, with padding), as fast as the platform does it. */
export interface Base64 {
  encode(bytes: Uint8Array): string;
  /** @returns null when it is not base64 through and through */
  decode(text: string): Uint8Array | null;
}

/** The platform's routines that every transfer uses. */
export interface TransferTools {
  readonly sha256: () => Sha256;
  readonly base64: Base64;
}

/** How an export is packed. */
export type ExportCompression = 'none' | 'gzip' | 'zstd';

/** An export that can be read; compression is taken off on the way. */
export interface ExportInput {
  /** As a person would name it. */
  readonly name: string;
  /**
   * Its bytes from the first to the last; every call begins anew.
   *
   * @throws UsageError FileFailed (it cannot be read), BadExport (its compression is broken)
   */
  chunks(): AsyncIterable<Uint8Array>;
}

/** An export that is being written, under another name until it is whole. */
export interface ExportOutput {
  readonly name: string;
  /**
   * What an earlier run left of it, whole lines or parts of them; empty when there is nothing or nothing of use.
   * Read before the first write.
   */
  kept(): AsyncIterable<Uint8Array>;
  /** Goes on behind the first `bytes` bytes of what is kept, before compression; 0 begins anew. @throws UsageError FileFailed */
  begin(bytes: number): Promise<void>;
  /** Whole lines, whose memory is not used again. Resolves when more may be written. @throws UsageError FileFailed (the disk is full, ...) */
  write(lines: Uint8Array): Promise<void>;
  /** Makes what was written last beyond a crash. @throws UsageError FileFailed */
  checkpoint(): Promise<void>;
  /** Makes it durable and gives it its name. @throws UsageError FileFailed */
  finish(): Promise<void>;
  /** Closes it as it is, so that it can be gone on with. Never rejects. */
  close(): Promise<void>;
}

/** Lines that are only ever added. */
export interface AppendLog {
  /** Everything so far, without a last line that was cut off. @throws UsageError FileFailed */
  read(): AsyncIterable<string>;
  /** Adds lines, durable when it resolves. @param lines each without its end @throws UsageError FileFailed */
  append(lines: readonly string[]): Promise<void>;
  /** Puts these lines in the place of all others, as one step. @throws UsageError FileFailed */
  replace(lines: readonly string[]): Promise<void>;
  /** Bytes so far. */
  size(): Promise<number>;
  close(): Promise<void>;
}
