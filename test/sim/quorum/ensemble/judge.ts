/**
 * Judges what the clients wrote down by the history of commits: the history is played once more on the simplest of
 * trees, and every answer must be what that tree says at the answer's zxid. Out: what does not fit.
 */

import { formatId } from '../../../../src/model/zxid.ts';
import type { ApplyResult } from '../../../../src/ensemble/tree/api.ts';
import type { Stat } from '../../../../src/model/stat.ts';
import type { Transaction, TxnBody } from '../../../../src/ensemble/txn/transaction.ts';
import { SimpleTree } from '../../../unit/ensemble/tree/simple-tree.ts';
import type { Call, EnsembleClient, WatchRecord } from './ensemble-client.ts';
import type { History, Proposed } from './history.ts';

const NO_NODE = -101;
const BAD_VERSION = -103;
const NODE_EXISTS = -110;
const parentOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf('/')));

export interface Case {
  readonly history: History;
  readonly committed: readonly Proposed[];
  readonly clients: readonly EnsembleClient[];
  /** The epoch of the term in which a connection was taken. */
  readonly epochOf: (wire: number) => number;
  /** Whether sessions begin without a transaction, and most end without one. */
  readonly localSessions: boolean;
  /** Whether so much time had passed at a moment that a session may have expired. */
  readonly mayExpire: (sessionId: bigint, atMs: number) => boolean;
}

/** What the history came to. */
export interface Outcome {
  readonly tree: SimpleTree;
  readonly openSessions: ReadonlySet<bigint>;
}

export function judge(facts: Case, fail: (what: string) => void): Outcome {
  const byZxid = new Map(facts.committed.map((proposed) => [proposed.txn.header.zxid, proposed]));
  const calls = facts.clients.flatMap(({ calls: own }) => own);
  judgeWriters(facts, fail);
  judgeOrder(facts, calls, byZxid, fail);
  const replay = new Replay(facts, calls, fail);
  for (const proposed of facts.committed) replay.step(proposed);
  replay.answersUpTo(null);
  for (const client of facts.clients) {
    for (const { watches } of client.connections) for (const watch of watches) judgeWatch(client, watch, replay.triggers, fail);
    for (const { id, expired } of client.sessions) {
      if (!facts.localSessions && !replay.made.has(id)) fail(`session ${formatId(id)} was given to ${client.name} and is not in the history`);
      if (expired && replay.open.has(id)) fail(`session ${formatId(id)} is over, as ${client.name} was told, and is still open`);
    }
  }
  return { tree: replay.tree, openSessions: replay.open };
}

/** Nothing invented, nothing twice, and a client's writes in the order in which it made them. */
function judgeWriters({ committed, clients }: Case, fail: (what: string) => void): void {
  const asked = new Map<string, Call>();
  for (const { calls } of clients) for (const call of calls) asked.set(`${call.sessionId} ${call.xid}`, call);
  const last = new Map<bigint, number>();
  const done = new Set<string>();
  for (const { txn: { header, body } } of committed) {
    const { sessionId, cxid, zxid } = header;
    if (cxid === 0 || body.type === -10) continue;
    const key = `${sessionId} ${cxid}`;
    const call = asked.get(key);
    if (call?.asked.writes !== true) fail(`${formatId(zxid)} is a write that nobody asked for`);
    if (done.has(key)) fail(`${formatId(zxid)} repeats a write`);
    done.add(key);
    if (call !== undefined && !isWhatWasAsked(call, body)) fail(`${formatId(zxid)} is not what ${call.asked.kind} ${call.asked.path} asked for`);
    if (takesEffect(body) && cxid < (last.get(sessionId) ?? 0)) fail(`${formatId(zxid)} is request ${cxid} of session ${formatId(sessionId)}, behind request ${last.get(sessionId) ?? 0}`);
    if (takesEffect(body)) last.set(sessionId, Math.max(cxid, last.get(sessionId) ?? 0));
  }
  for (const { calls, name } of clients) {
    // On one connection what comes later is done only if what came before was decided.
    const missing = new Set<number>();
    for (const { asked: { writes }, connection: { wire }, sessionId, xid } of calls) {
      if (writes !== true) continue;
      if (!done.has(`${sessionId} ${xid}`)) missing.add(wire);
      else if (missing.has(wire)) fail(`request ${xid} of ${name} was done, and one before it on the same connection was not`);
    }
  }
}

/** The end of a local session is none, and nobody but its server can tell which one is. */
function isTransaction({ asked: { writes, kind } }: Call, localSessions: boolean): boolean {
  return writes === true && !(localSessions && kind === 'close');
}

function makesEphemeral(body: TxnBody): boolean {
  if (body.type === 14) return body.parts.some(makesEphemeral);
  return (body.type === 1 || body.type === 15) && body.ephemeral;
}

function takesEffect(body: TxnBody): boolean {
  return body.type !== -1 && (body.type !== 14 || (body.parts.length > 0 && body.parts.every((part) => part.type !== -1)));
}

function isWhatWasAsked({ asked }: Call, body: TxnBody): boolean {
  switch (body.type) {
    case -1:
      return true;
    case 1:
    case 15:
      return asked.kind === 'create' && (asked.sequential === true ? body.path.startsWith(asked.path) : body.path === asked.path) && String(Buffer.from(body.data ?? [])) === asked.data;
    case 2:
      return asked.kind === 'delete' && body.path === asked.path;
    case 5:
      return asked.kind === 'setData' && body.path === asked.path && String(Buffer.from(body.data ?? [])) === asked.data;
    case 14:
      return asked.kind === 'multi';
    case 16:
      return asked.kind === 'reconfig';
    case -11:
      return asked.kind === 'close';
    default:
      return false;
  }
}

/** Writes take effect between question and answer; a read behind a sync sees what was acknowledged before the sync. */
function judgeOrder({ clients, epochOf, committed, localSessions }: Case, calls: readonly Call[], byZxid: ReadonlyMap<bigint, Proposed>, fail: (what: string) => void): void {
  const zxidOf = new Map<string, bigint>();
  for (const { txn: { header } } of committed) if (header.cxid !== 0) zxidOf.set(`${header.sessionId} ${header.cxid}`, header.zxid);
  const acked = calls.filter((call) => isTransaction(call, localSessions) && call.answered !== null)
    .sort((a, b) => (a.answered as number) - (b.answered as number));
  for (const { zxid, sessionId, xid, asked: { kind, path } } of acked) {
    const header = byZxid.get(zxid)?.txn.header;
    if (header?.sessionId !== sessionId || header.cxid !== xid) fail(`${kind} ${path} was acknowledged as ${formatId(zxid)}, and is lost`);
  }
  let seen = 0;
  let newest = 0n;
  const newestOfEpoch = new Map<number, bigint>();
  for (const call of [...calls].sort((a, b) => a.order - b.order)) {
    for (; seen < acked.length && ((acked[seen] as Call).answered as number) < call.order; seen++) {
      const { zxid } = acked[seen] as Call;
      if (zxid > newest) newest = zxid;
      const epoch = Number(zxid >> 32n);
      if (zxid > (newestOfEpoch.get(epoch) ?? 0n)) newestOfEpoch.set(epoch, zxid);
    }
    const own = call.asked.writes === true ? zxidOf.get(`${call.sessionId} ${call.xid}`) : undefined;
    if (own !== undefined && own < newest) fail(`${call.asked.kind} ${call.asked.path} is ${formatId(own)}, and ${formatId(newest)} was acknowledged before it was asked for`);
    if (call.asked.kind !== 'sync' || call.answered === null) continue;
    // A leader that does not know yet that another one was elected may answer from before that (facts 4.4).
    const epoch = epochOf(call.connection.wire);
    for (const [of, zxid] of newestOfEpoch) {
      if (of <= epoch && zxid > call.zxid) fail(`a sync is answered at ${formatId(call.zxid)}, and ${formatId(zxid)} was acknowledged before it`);
    }
  }
  for (const { calls: own, name } of clients) {
    let before: Call | null = null;
    for (const call of own) {
      if (call.answered === null) continue;
      if (before !== null && before.connection === call.connection && before.answered !== null && before.answered > call.answered) fail(`${name} is answered out of order`);
      before = call;
    }
  }
}

interface Trigger {
  readonly zxid: bigint;
  readonly kind: 'data' | 'child';
  readonly path: string;
}

class Replay {
  readonly tree = new SimpleTree();
  readonly open = new Set<bigint>();
  readonly made = new Set<bigint>();
  readonly triggers: Trigger[] = [];
  readonly #facts: Case;
  readonly #reads: Call[];
  readonly #writes = new Map<bigint, Call>();
  readonly #fail: (what: string) => void;
  readonly #applied = new Set<bigint>();
  #at = 0;

  constructor(facts: Case, calls: readonly Call[], fail: (what: string) => void) {
    this.#facts = facts;
    this.#fail = fail;
    const answered = calls.filter((call) => call.answered !== null);
    this.#reads = answered.filter(({ asked: { kind } }) => kind === 'read' || kind === 'children' || kind === 'exists')
      .sort((a, b) => (a.zxid < b.zxid ? -1 : a.zxid > b.zxid ? 1 : 0));
    for (const call of answered) if (isTransaction(call, facts.localSessions)) this.#writes.set(call.zxid, call);
  }

  step({ txn, atMs }: Proposed): void {
    const { zxid } = txn.header;
    this.answersUpTo(zxid);
    this.#applied.add(zxid);
    const call = this.#writes.get(zxid);
    if (call !== undefined) this.#decision(call, txn);
    this.#session(txn, atMs);
    const { result, changes } = this.tree.apply(txn);
    for (const { kind, path } of changes) {
      if (kind !== 'created') this.triggers.push({ zxid, kind: 'data', path });
      if (kind === 'deleted') this.triggers.push({ zxid, kind: 'child', path });
      if (kind !== 'data') this.triggers.push({ zxid, kind: 'child', path: parentOf(path) });
    }
    if (call !== undefined) this.#result(call, result);
    if (txn.digest !== null && txn.digest !== this.tree.digest()) this.#fail(`the digest that ${formatId(zxid)} carries is not that of the history`);
  }

  /** Judges reads that were answered before a transaction; null: all that are left. */
  answersUpTo(zxid: bigint | null): void {
    for (; this.#at < this.#reads.length; this.#at++) {
      const call = this.#reads[this.#at] as Call;
      if (zxid !== null && call.zxid >= zxid) return;
      this.#read(call);
    }
  }

  #session({ header: { sessionId, cxid, zxid }, body }: Transaction, atMs: number): void {
    if (body.type === -10) {
      this.open.add(sessionId);
      this.made.add(sessionId);
    } else if (body.type === -11) {
      if (this.open.has(sessionId) && cxid === 0 && !this.#facts.mayExpire(sessionId, atMs)) this.#fail(`session ${formatId(sessionId)} expired with ${formatId(zxid)}, and was alive`);
      this.open.delete(sessionId);
    } else if (cxid !== 0 && takesEffect(body) && !this.open.has(sessionId) && (!this.#facts.localSessions || makesEphemeral(body))) {
      this.#fail(`${formatId(zxid)} is done for session ${formatId(sessionId)}, which is not open`);
    }
  }

  /** Refused, and why, or not: what the tree before it says. */
  #decision({ asked: { kind, path, version, sequential } }: Call, { header: { zxid }, body }: Transaction): void {
    const err = body.type === -1 ? body.err : 0;
    const node = this.tree.nodes.get(path);
    let due = 0;
    if (kind === 'setData' || kind === 'delete') {
      if (node === undefined) due = NO_NODE;
      else if (version !== -1 && version !== node.version) due = BAD_VERSION;
    } else if (kind === 'create' && sequential !== true) {
      if (!this.tree.nodes.has(parentOf(path))) due = NO_NODE;
      else if (node !== undefined) due = NODE_EXISTS;
    } else return;
    const wrong = due === 0 ? err === NO_NODE || err === BAD_VERSION || err === NODE_EXISTS : err === 0;
    if (wrong) this.#fail(`${kind} ${path} at ${formatId(zxid)} was decided ${err}, and ${due} was due`);
  }

  #result({ err, body, asked: { kind } }: Call, result: ApplyResult): void {
    const due = result.type === 14 ? 0 : result.err;
    if (err !== due) this.#fail(`a ${kind} was answered ${err}, and ${due} was due`);
    if (err !== 0) return;
    if (result.type === 5 && !statOf(body, 0, result.stat)) this.#fail('a setData was answered with another stat');
    if (result.type === 15 && !statOf(body, 4 + body.readInt32BE(0), result.stat)) this.#fail('a create was answered with another stat');
  }

  #read(call: Call): void {
    const { asked: { kind, path }, zxid, err, body } = call;
    const { history } = this.#facts;
    if (!this.#applied.has(zxid) && !history.isBeginning(zxid)) this.#fail(`${kind} ${path} is answered at ${formatId(zxid)}, which is not part of the history`);
    const node = this.tree.nodes.get(path);
    const wrong = (what: string): void => this.#fail(`${kind} ${path} at ${formatId(zxid)} ${what}`);
    if ((node === undefined) !== (err === NO_NODE)) wrong(`is answered ${err}, and the node is ${node === undefined ? 'not ' : ''}there`);
    if (node === undefined || err !== 0) return;
    const stat = this.tree.stat(path);
    if (kind === 'exists') {
      if (!statOf(body, 0, stat)) wrong('shows another stat');
      return;
    }
    if (kind === 'read') {
      const length = Math.max(0, body.readInt32BE(0));
      if (!body.subarray(4, 4 + length).equals(Buffer.from(node.data ?? []))) wrong(`shows ${String(body.subarray(4, 4 + length))}, and not ${String(Buffer.from(node.data ?? []))}`);
      if (!statOf(body, 4 + length, stat)) wrong('shows another stat');
      return;
    }
    const names: string[] = [];
    let at = 4;
    for (let i = 0; i < body.readInt32BE(0); i++) {
      const length = body.readInt32BE(at);
      names.push(body.toString('utf8', at + 4, at + 4 + length));
      at += 4 + length;
    }
    const due = this.tree.children(path).map((child) => child.slice(child.lastIndexOf('/') + 1));
    if (names.sort().join() !== due.sort().join()) wrong(`shows [${names.join(' ')}], and not [${due.join(' ')}]`);
  }
}

function statOf(body: Buffer, at: number, due: Stat): boolean {
  const long = (i: number): bigint => body.readBigInt64BE(at + i);
  const int = (i: number): number => body.readInt32BE(at + i);
  return long(0) === due.czxid && long(8) === due.mzxid && long(16) === due.ctime && long(24) === due.mtime &&
    int(32) === due.version && int(36) === due.cversion && int(40) === due.aversion && long(44) === due.ephemeralOwner &&
    int(52) === due.dataLength && int(56) === due.numChildren && long(60) === due.pzxid;
}

/** The event comes before any answer that knows of the change, and only if there was one. */
function judgeWatch(client: EnsembleClient, { kind, path, since, seenBefore, fired, seenAfter }: WatchRecord, triggers: readonly Trigger[], fail: (what: string) => void): void {
  const first = triggers.find((trigger) => trigger.zxid > since && trigger.kind === kind && trigger.path === path);
  const name = `the ${kind} watch of ${client.name} on ${path}, set at ${formatId(since)}`;
  if (first !== undefined && seenBefore >= first.zxid) fail(`${name}: an answer at ${formatId(seenBefore)} came ${fired ? 'before' : 'without'} the event of ${formatId(first.zxid)}`);
  if (fired && first === undefined) fail(`${name} fired, and nothing had changed`);
  if (fired && first !== undefined && seenAfter !== null && seenAfter < first.zxid) fail(`${name} fired before ${formatId(first.zxid)}`);
}
