/** A write that is refused: it becomes an error transaction, and its code the answer. Never leaves this folder. */

import { KeeperError } from '../../../model/errors.ts';

/** @throws KeeperError always; the stage turns it into a transaction */
export function refuse(code: number, path: string | null = null): never {
  throw new KeeperError(code, path);
}
