/** What the system says of a file that does not do, for people. */

import { UsageError } from '../../model/errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'longer than a file may be here',
  EACCES: 'no right to it',
  EPERM: 'no right to it',
  EROFS: 'the file system is read-only',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a folder in its path is none',
  EEXIST: 'a folder in its path is none',
  EISDIR: 'it is a folder',
  EIO: 'the disk failed',
  EMFILE: 'too many open files',
};

/** The system's code of an error, such as ENOENT; empty where there is none. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/**
 * A failure of the system as FileFailed; one of our own errors as it is.
 *
 * @param name the file as a person would name it
 * @param left what is left of the work, one clause; empty for nothing
 */
export function fileFailure(name: string, error: unknown, left = ''): UsageError {
  if (error instanceof UsageError) return error;
  const code = systemCode(error);
  const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error));
  const detail = code === '' || REASONS[code] === undefined ? reason : `${reason} (${code})`;
  return new UsageError('FileFailed', `${name}: ${detail}${left === '' ? '' : `; ${left}`}`);
}
