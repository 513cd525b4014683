/**
 * The export format, version 1 (docs/export-format.md): JSON Lines in UTF-8, each line ended by a line feed. A header,
 * a line for each node in the order of ../order.ts, a trailer with counts and a checksum of everything before it.
 */

import { UsageError } from '../../../model/errors.ts';

export const FORMAT_NAME = 'zooscope-export';
export const FORMAT_VERSION = 1;

/** Longest line that is read, bytes: the largest node that a server can hold by default, many times over. */
export const LINE_BYTES_MAX = 64 * 1024 * 1024;

/** The trailer ends with this, the checksum and `"}`. What it covers ends with this, too. */
export const CHECKSUM_KEY = ',"sha256":"';
export const TRAILER_START = '{"end":true';

export interface ExportOptions {
  /** Whether ephemeral nodes are in it. */
  readonly ephemerals: boolean;
  /** Whether ACLs are in it. */
  readonly acl: boolean;
  /** How kinds were told: by the protocol (containers and TTL nodes look persistent) or by a data directory. */
  readonly kinds: 'protocol' | 'data-directory';
}

export interface ExportHeader {
  readonly version: number;
  /** The connect string, chroot included, without credentials. */
  readonly source: string;
  /** The server that the walk began on. */
  readonly server: string | null;
  /** The path that was exported. */
  readonly root: string;
  /** Wall clock, ms. */
  readonly atMs: number;
  /** The last transaction before the walk. */
  readonly zxid: bigint | null;
  readonly options: ExportOptions;
}

/** What was left out, by reason. */
export interface LeftOut {
  readonly ephemeral: number;
  /** The `/zookeeper` of the server itself. */
  readonly system: number;
  /** Nodes that this session may not read, each with all that is below it. */
  readonly unreadable: number;
  /** Nodes that were listed and gone when they were read. */
  readonly vanished: number;
}

export interface ExportTrailer {
  readonly nodes: number;
  /** Of data, in all. */
  readonly bytes: number;
  /** Nodes marked as changed. */
  readonly changed: number;
  readonly left: LeftOut;
  /** The last transaction after the walk. */
  readonly zxid: bigint | null;
}

/** A file that is not taken, with the line that shows why. @param line counted from 1; 0 where no line is to blame */
export function badExport(line: number, reason: string): UsageError {
  return new UsageError('BadExport', line === 0 ? reason : `line ${line}: ${reason}`);
}
