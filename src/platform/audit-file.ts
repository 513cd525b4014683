/**
 * The audit log as a file that people and log collectors read, in the form and with the sizes of the configuration
 * that comes with Apache's server: `zookeeper_audit.log`, then `.1` to `.10`, the latter the oldest.
 */

import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../base/logger.ts';
import type { AuditSink } from '../ensemble/audit.ts';

const NAME = 'zookeeper_audit.log';
const FILE_BYTES_MAX = 10 * 1024 * 1024;
const OLDER_FILES = 10;

export interface AuditFile extends AuditSink {
  /** Writes what is left. */
  close(): void;
}

export interface AuditFileOptions {
  readonly directory: string;
  readonly logger: Logger;
  readonly fileBytesMax?: number;
}

/**
 * Opens the file for appending. Lines of one turn are written together; a disk that refuses is told once and costs
 * lines, not the server.
 *
 * @throws the system's error when it cannot be opened
 */
export function openAuditFile({ directory, logger, fileBytesMax = FILE_BYTES_MAX }: AuditFileOptions): AuditFile {
  const path = join(directory, NAME);
  /** null while it could not be opened again: a number that was closed may belong to another file by now. */
  let file: number | null = openSync(path, 'a', 0o640);
  let bytes = fstatSync(file).size;
  let waiting: string[] = [];
  let refused = false;

  const shut = (): void => {
    const open = file;
    file = null;
    if (open !== null) closeSync(open);
  };
  const reopen = (): number => {
    file = openSync(path, 'a', 0o640);
    bytes = fstatSync(file).size;
    return file;
  };
  const roll = (): number => {
    shut();
    for (let age = OLDER_FILES - 1; age >= 0; age--) moveIfThere(age === 0 ? path : `${path}.${age}`, `${path}.${age + 1}`);
    return reopen();
  };
  const flush = (): void => {
    if (waiting.length === 0) return;
    const text = new TextEncoder().encode(waiting.join(''));
    waiting = [];
    try {
      let to = file ?? reopen();
      if (bytes > 0 && bytes + text.length > fileBytesMax) to = roll();
      for (let at = 0; at < text.length; ) at += writeSync(to, text, at);
      bytes += text.length;
      refused = false;
    } catch (error) {
      if (!refused) logger.log('error', 'the audit log cannot be written: lines are lost', { path, reason: String(error) });
      refused = true;
    }
  };
  return {
    write(line, failed) {
      if (waiting.push(`${stamp(new Date())} ${failed ? 'ERROR' : 'INFO'} audit.Slf4jAuditLogger: ${line}\n`) === 1) setImmediate(flush);
    },
    close() {
      flush();
      shut();
    },
  };
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** `2026-11-21 07:40:00,123`, in local time: logback's ISO8601. */
function stamp(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time},${String(date.getMilliseconds()).padStart(3, '0')}`;
}
