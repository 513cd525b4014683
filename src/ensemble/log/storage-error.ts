/** What can be wrong with a data directory: each says which file, where in it, and what a person can do. */

import { ZooError } from '../../model/errors.ts';

export type StorageProblem =
  /** A log entry that is not what was written. */
  | 'LogCorrupt'
  /** Transactions are missing between two that are there. */
  | 'LogGap'
  /** No snapshot can be read. */
  | 'SnapshotCorrupt'
  /** There are logs but no snapshot. */
  | 'SnapshotMissing'
  /** Logs and snapshots are in each other's directory. */
  | 'Misplaced'
  /** A kind of snapshot that cannot be read here. */
  | 'SnapshotUnsupported'
  /** The disk refused to read. */
  | 'ReadFailed'
  /** The disk refused to write. */
  | 'WriteFailed';

export class StorageError extends ZooError {
  override readonly name = 'StorageError';
  readonly kind = 'weather';
  readonly retrySafe = false;
  readonly code: StorageProblem;
  /** The file's name within its directory; null when it is about none in particular. */
  readonly file: string | null;
  /** Where in the file, in bytes; null when it is about the whole of it. */
  readonly offset: number | null;

  constructor(code: StorageProblem, message: string, file: string | null = null, offset: number | null = null) {
    super(message);
    this.code = code;
    this.file = file;
    this.offset = offset;
  }
}
