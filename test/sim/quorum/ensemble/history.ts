/**
 * The one order of commits that an ensemble has promised. In: every transaction that a member puts in line for its
 * log, every one that a serving member applies, every leader that begins to serve. Out: what breaks the promise, at
 * the moment at which it breaks; in the end, the history.
 */

import { counterOf, epochOf, formatId } from '../../../../src/model/zxid.ts';
import { formatMembership, parseMembershipText, type Membership } from '../../../../src/ensemble/replication/quorum/membership.ts';
import { decodeTransaction, encodeTransaction } from '../../../../src/ensemble/txn/transaction-codec.ts';
import type { Transaction } from '../../../../src/ensemble/txn/transaction.ts';

/** ZooDefs.OpCode.reconfig, as a transaction */
const RECONFIG = 16;

export interface Proposed {
  readonly txn: Transaction;
  readonly bytes: Buffer;
  /** Simulated time at which its leader put it in line. */
  readonly atMs: number;
  /** Who had it in its log at any time. */
  readonly holders: Set<bigint>;
}

export interface Established {
  readonly epoch: number;
  readonly sid: bigint;
  /** Where the leader's log ended: everything up to there is history, nothing else before the epoch. */
  readonly start: bigint;
}

export class History {
  readonly proposed = new Map<bigint, Proposed>();
  readonly #established: Established[] = [];
  readonly #applied = new Set<bigint>();
  /** With which configuration the leader of an epoch began. */
  readonly #beganWith = new Map<number, Membership>();
  readonly #membership: Membership;
  readonly #fail: (what: string) => void;

  /** @param membership until it is reconfigured */
  constructor(membership: Membership, fail: (what: string) => void) {
    this.#membership = membership;
    this.#fail = fail;
  }

  get established(): readonly Established[] {
    return this.#established;
  }

  /** Entries on their way to a member's log, as they are in the file. */
  appended(sid: bigint, bytes: Uint8Array, nowMs: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length; ) {
      const length = view.getInt32(at + 8);
      this.#append(sid, Buffer.from(bytes.slice(at + 12, at + 12 + length)), nowMs);
      at += length + 13;
    }
  }

  /** A leader begins to serve. */
  began({ epoch, sid, start }: Established): void {
    if (this.#established.some((other) => other.epoch === epoch)) this.#fail(`epoch ${epoch} has two leaders; ${sid} is the second`);
    this.#established.push({ epoch, sid, start });
    for (const zxid of this.#applied) {
      if (epochOf(zxid) < epoch && zxid > start) this.#fail(`${sid} leads epoch ${epoch} from ${formatId(start)}, without the committed ${formatId(zxid)}`);
    }
  }

  /**
   * A leader that stays has put a configuration into force; with the first one its epoch begins.
   *
   * It may be one whose transaction is not part of the history: who has seen it proposes it with NEWLEADER, to a quorum
   * of both (Leader.lead, as facts 5.10 have it).
   */
  introduced(sid: bigint, membership: Membership): void {
    const epoch = this.#established.findLast((one) => one.sid === sid)?.epoch;
    if (epoch === undefined || this.#beganWith.has(epoch)) return;
    this.#beganWith.set(epoch, membership);
    const { version } = membership;
    const body = this.proposed.get(version)?.txn.body;
    const proposed = body?.type === RECONFIG && String(Buffer.from(body.data ?? [])) === formatMembership(membership);
    if (counterOf(version) !== 0 && !proposed) this.#fail(`${sid} leads epoch ${epoch} with the configuration ${formatId(version)}, which nobody proposed`);
  }

  /** A member that serves clients applied a transaction. @param before what its tree had */
  applied(sid: bigint, txn: Transaction, before: bigint): void {
    const { zxid } = txn.header;
    const known = this.proposed.get(zxid);
    if (known === undefined) this.#fail(`${sid} applies ${formatId(zxid)}, which nobody proposed`);
    else if (!known.bytes.equals(encodeTransaction(txn))) this.#fail(`${sid} applies another ${formatId(zxid)} than was proposed`);
    else if (!this.#applied.has(zxid) && !this.#hasQuorum(zxid, known.holders)) this.#fail(`${formatId(zxid)} is applied by ${sid}, and no quorum has it`);
    if (!this.#follows(zxid, before)) this.#fail(`${sid} applies ${formatId(zxid)} after ${formatId(before)}`);
    const cut = this.#cutBefore(zxid);
    if (cut !== undefined) this.#fail(`${sid} applies ${formatId(zxid)}, and epoch ${cut.epoch} began at ${formatId(cut.start)} without it`);
    this.#applied.add(zxid);
  }

  /** Everything that was committed up to a transaction, in order. */
  committed(upTo: bigint): Proposed[] {
    return [...this.proposed]
      .filter(([zxid]) => zxid <= upTo && this.#cutBefore(zxid) === undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, proposed]) => proposed);
  }

  /** Whether a server may say that its tree stands here, although no transaction has this zxid. */
  isBeginning(zxid: bigint): boolean {
    return zxid === 0n || (counterOf(zxid) === 0 && this.#established.some(({ epoch }) => epoch === epochOf(zxid)));
  }

  #append(sid: bigint, bytes: Buffer, atMs: number): void {
    const txn = decodeTransaction(new Uint8Array(bytes));
    const { zxid } = txn.header;
    const known = this.proposed.get(zxid);
    if (known === undefined) this.proposed.set(zxid, { txn, bytes, atMs, holders: new Set([sid]) });
    else if (known.bytes.equals(bytes)) known.holders.add(sid);
    else this.#fail(`${sid} logs another ${formatId(zxid)} than was logged before`);
  }

  /** By the configuration that was proposed last, or with which a later epoch began. */
  #hasQuorum(zxid: bigint, holders: ReadonlySet<bigint>): boolean {
    let newest = this.#membership;
    for (const [epoch, membership] of this.#beganWith) {
      if (epoch <= epochOf(zxid) && membership.version > newest.version) newest = membership;
    }
    for (const [of, { txn: { body } }] of this.proposed) {
      if (body.type !== RECONFIG || body.data === null || of > zxid || of < newest.version || this.#cutBefore(of) !== undefined) continue;
      newest = parseMembershipText(String(Buffer.from(body.data)));
    }
    return newest.verifier.hasQuorum(holders);
  }

  #follows(zxid: bigint, before: bigint): boolean {
    if (zxid === before + 1n) return true;
    if (counterOf(zxid) !== 1 || epochOf(before) >= epochOf(zxid)) return false;
    const start = this.#established.find(({ epoch }) => epoch === epochOf(zxid))?.start;
    return start === before || counterOf(before) === 0 || (start !== undefined && counterOf(start) === 0);
  }

  #cutBefore(zxid: bigint): Established | undefined {
    return this.#established.find(({ epoch, start }) => epoch > epochOf(zxid) && zxid > start);
  }
}
