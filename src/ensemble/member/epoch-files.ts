/**
 * The two epochs of a member on disk (QuorumPeer.loadDataBase, writeLongToFile): the one that it promised last, and
 * the one whose leader's history it has. Decimal texts without a line end, each written whole or not at all.
 */

import { decodeUtf8, encodeUtf8 } from '../../base/text.ts';
import { epochOf } from '../../model/zxid.ts';
import { StorageError } from '../log/storage-error.ts';
import type { Storage } from '../log/storage.ts';

const ACCEPTED = 'acceptedEpoch';
const CURRENT = 'currentEpoch';
/**
 * Beside a log whose newest transaction is of a later epoch than currentEpoch says: Apache's server takes the epoch
 * from here, and without it refuses to start.
 */
const ANNOUNCED = 'currentEpoch.tmp';
/** What was promised cannot be told from anything else, so nothing less helps. */
const COPY = 'Empty this server’s version-2 and let it copy the data from the others.';

export class EpochFiles {
  readonly #storage: Storage;
  accepted: number;
  current: number;

  private constructor(storage: Storage, accepted: number, current: number) {
    this.#storage = storage;
    this.accepted = accepted;
    this.current = current;
  }

  /**
   * Reads both. A server that never was a member has neither: then the last transaction tells.
   *
   * @param lastZxid the last transaction in the log
   * @throws StorageError when a file holds no number, or one that cannot be
   */
  static async open(storage: Storage, lastZxid: bigint): Promise<EpochFiles> {
    const names = new Set(await storage.list());
    const logged = epochOf(lastZxid);
    const current = names.has(CURRENT) ? await read(storage, CURRENT) : logged;
    const accepted = names.has(ACCEPTED) ? await read(storage, ACCEPTED) : Math.max(current, logged);
    if (accepted < current) {
      throw new StorageError('LogCorrupt', `acceptedEpoch says ${accepted}, and currentEpoch ${current}, which is later: one of them is damaged. ${COPY}`, ACCEPTED);
    }
    const files = new EpochFiles(storage, accepted, current);
    // The log is ahead of the file when the server stopped while it took over a leader's history.
    if (logged > current) await files.setCurrent(logged);
    else if (!names.has(CURRENT)) await files.setCurrent(current);
    if (files.current > files.accepted || !names.has(ACCEPTED)) await files.setAccepted(Math.max(accepted, files.current));
    return files;
  }

  async setAccepted(epoch: number): Promise<void> {
    await write(this.#storage, ACCEPTED, epoch);
    this.accepted = epoch;
  }

  async setCurrent(epoch: number): Promise<void> {
    await write(this.#storage, CURRENT, epoch);
    this.current = epoch;
    if ((await this.#storage.list()).includes(ANNOUNCED)) await this.#storage.remove(ANNOUNCED);
  }

  /** Before the log gets its first transaction of an epoch that is not the current one yet. */
  async announce(epoch: number): Promise<void> {
    if (epoch > this.current) await write(this.#storage, ANNOUNCED, epoch);
  }
}

async function read(storage: Storage, name: string): Promise<number> {
  const text = decodeUtf8(await storage.read(name)).trim();
  const epoch = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(epoch)) throw new StorageError('LogCorrupt', `${name} holds ${JSON.stringify(text)}, which is no epoch. ${COPY}`, name);
  return epoch;
}

async function write(storage: Storage, name: string, epoch: number): Promise<void> {
  try {
    await storage.writeWhole(name, [encodeUtf8(String(epoch))]);
  } catch (error) {
    throw new StorageError('WriteFailed', `${name} cannot be written: ${String(error)}`, name);
  }
}
