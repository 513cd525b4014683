/**
 * What the server under test has promised: every transaction that it handed to its log, and up to where somebody was
 * told. After a crash the state must be that of some beginning of these, no shorter than what was told.
 */

import { expect } from 'vitest';
import { decodeTransaction } from '../../src/ensemble/txn/transaction-codec.ts';
import type { Transaction } from '../../src/ensemble/txn/transaction.ts';
import type { TreeReader } from '../../src/ensemble/tree/api.ts';
import { formatId } from '../../src/model/zxid.ts';
import { SimpleTree } from '../unit/ensemble/tree/simple-tree.ts';
import { walkTree } from '../unit/ensemble/tree/walk.ts';

/** Thrown when a promise was broken; anything else that is thrown is a fault of the simulation. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

export class Oracle {
  #lineage: Transaction[] = [];
  readonly #toldSessions = new Set<bigint>();
  /** The last zxid that a client was told of, in any reply. */
  told = 0n;

  /** Entries on their way to a log, as they are in the file. */
  appended(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length; ) {
      const length = view.getInt32(at + 8);
      this.#lineage.push(decodeTransaction(bytes.slice(at + 12, at + 12 + length)));
      at += length + 13;
    }
  }

  /** A client was given this session. */
  tellSession(sessionId: bigint): void {
    this.#toldSessions.add(sessionId);
  }

  get length(): number {
    return this.#lineage.length;
  }

  /** A client saw a reply with this zxid. */
  tell(zxid: bigint): void {
    if (zxid > this.told) this.told = zxid;
  }

  transaction(zxid: bigint): Transaction | undefined {
    // Zxids count from 1 without a hole.
    return this.#lineage[Number(zxid) - 1];
  }

  /** Whether the session was ended by a transaction that is still part of history. */
  wasClosed(sessionId: bigint): boolean {
    return this.#lineage.some(({ header }) => header.type === -11 && header.sessionId === sessionId);
  }

  /**
   * Compares a state that came back from the disk, and forgets what did not.
   *
   * @throws BrokenPromise saying which promise
   */
  recovered(tree: TreeReader, sessions: readonly bigint[], mismatches: number): void {
    const zxid = tree.lastZxid;
    if (zxid < this.told) throw new BrokenPromise(`a client was told of ${formatId(this.told)}, but only ${formatId(zxid)} came back`);
    if (zxid > BigInt(this.#lineage.length)) throw new BrokenPromise(`${formatId(zxid)} came back, which was never written`);
    this.#lineage = this.#lineage.slice(0, Number(zxid));
    const { model, open, made } = this.#replayed();
    for (const session of this.#toldSessions) {
      if (!made.has(session)) throw new BrokenPromise(`session ${formatId(session)} was given to a client, and its beginning is lost`);
    }
    try {
      expect(tree.digest).toBe(model.digest());
      expect(walkTree(tree)).toEqual(model.walk());
      expect(mismatches).toBe(0);
      expect([...sessions].sort()).toEqual([...open].sort());
      expect([...tree.sessionsWithEphemerals()].sort()).toEqual([...model.ephemerals.keys()].sort());
      for (const session of tree.sessionsWithEphemerals()) expect(open.has(session)).toBe(true);
    } catch (error) {
      throw new BrokenPromise(`what came back is not the state after ${formatId(zxid)}: ${String(error)}`);
    }
  }

  #replayed(): { model: SimpleTree; open: Set<bigint>; made: Set<bigint> } {
    const model = new SimpleTree();
    const open = new Set<bigint>();
    const made = new Set<bigint>();
    for (const txn of this.#lineage) {
      model.apply(txn);
      if (txn.body.type === -10) {
        open.add(txn.header.sessionId);
        made.add(txn.header.sessionId);
      }
      if (txn.body.type === -11) open.delete(txn.header.sessionId);
    }
    return { model, open, made };
  }
}
