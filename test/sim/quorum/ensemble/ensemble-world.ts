/**
 * A whole ensemble with its clients, on simulated time, network and disks, from one seed: faults for a while, then
 * none, and everybody must serve again, and every promise must have been kept. Out: what was violated, and a trace.
 * Must hold: the same seed gives the same run.
 */

import { isDeepStrictEqual } from 'node:util';
import { below, seededRandom, type Random } from '../../../../src/base/random.ts';
import { formatId } from '../../../../src/model/zxid.ts';
import { parseZooCfg, type ZooCfg } from '../../../../src/ensemble/config/zoo-cfg.ts';
import { makeMembership, type Membership } from '../../../../src/ensemble/replication/quorum/membership.ts';
import { walkTree, type WalkedNode } from '../../../unit/ensemble/tree/walk.ts';
import { Scheduler } from '../scheduler.ts';
import { SimNetwork } from '../sim-network.ts';
import { EnsembleClient } from './ensemble-client.ts';
import { planFaults, type Fault, type ProcessFault } from './faults.ts';
import { History } from './history.ts';
import { judge } from './judge.ts';
import { watchWith } from './probes.ts';
import { ReadOnlyClient } from './read-only-client.ts';
import { SimMember, type Life } from './sim-member.ts';

export interface EnsembleOptions {
  readonly seed: number;
  /** Only these faults of the plan, by their number; all when absent. For making a failing run smaller by hand. */
  readonly onlyFaults?: ReadonlySet<number>;
  /** The trace has the members' own logs, too. */
  readonly withLogs?: boolean;
}

export interface EnsembleReport {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  readonly steps: number;
  readonly epochs: number;
  readonly transactions: number;
  readonly answers: number;
  readonly readOnlyAnswers: number;
  readonly reconfigurations: number;
  readonly syncs: Readonly<Record<'diff' | 'trunc' | 'snap', number>>;
}

/** ZooDefs.OpCode.reconfig, as a transaction */
const RECONFIG = 16;
const TICK_MS = 200;
const INIT_LIMIT = 10;
const SYNC_LIMIT = 5;
const FAULTS_MS = 9_000;
const QUIET_LIMIT_MS = 240_000;
const SESSION_MS = 4_000;
/** What a network and a clock may add to what a leader hears of a session. */
const SLACK_MS = 1_000;
/** Writes that each client must bring through once the faults are over. */
const PROGRESS = 5;
const VIOLATIONS_MAX = 20;

/** Everything that follows from a step without time passing. */
const settled = (): Promise<void> => new Promise((resolve) => {
  setImmediate(resolve);
});

class EnsembleWorld {
  readonly violations: string[] = [];
  readonly trace: string[] = [];
  readonly #scheduler = new Scheduler();
  readonly #random: Random;
  readonly #network: SimNetwork;
  readonly #membership: Membership;
  readonly #members: SimMember[];
  readonly #clients: EnsembleClient[];
  /** In some runs members without a leader are read-only. */
  readonly #reader: ReadOnlyClient | null;
  readonly #history: History;
  readonly #plan: readonly Fault[];
  readonly #epochs = new Map<number, number>();
  readonly #syncs = { diff: 0, trunc: 0, snap: 0 };
  readonly #seed: number;
  /** Whether its members change their roles. */
  readonly #reconfigures: boolean;
  /** Whether sessions begin without a transaction; the ensemble's, they become with their first ephemeral node. */
  readonly #localSessions: boolean;
  readonly #withLogs: boolean;
  #current: Life | null = null;
  #count = 0;
  #steps = 0;

  constructor({ seed, onlyFaults, withLogs = false }: EnsembleOptions) {
    this.#seed = seed;
    this.#withLogs = withLogs;
    this.#localSessions = seed % 5 === 2;
    this.#random = seededRandom(seed);
    this.#network = new SimNetwork(this.#scheduler, this.#random);
    const voters = 3 + 2 * below(this.#random, 2);
    const observers = below(this.#random, 3);
    this.#membership = membershipOf(voters, voters + observers);
    this.#reconfigures = below(this.#random, 4) === 0;
    this.#history = new History(this.#membership, (what) => this.#fail(what));
    this.#members = Array.from({ length: voters + observers }, (_, i) => this.#makeMember(i, voters));
    this.#clients = Array.from({ length: 2 + below(this.#random, 2) }, (_, i) => this.#makeClient(i));
    this.#reader = seed % 3 === 0 ? new ReadOnlyClient({ seed, scheduler: this.#scheduler, network: this.#network, hosts: this.#members.map(({ host }) => host), timeoutMs: SESSION_MS, fail: (what) => this.#fail(what) }) : null;
    this.#plan = planFaults(this.#random, this.#members.length, FAULTS_MS);
    this.#plan.forEach((fault, i) => {
      if (onlyFaults?.has(i) !== false) this.#scheduler.after(fault.atMs, () => this.#strike(i, fault));
    });
  }

  async run(): Promise<EnsembleReport> {
    watchWith({
      current: () => this.#current,
      applied: (life, database, txn, before) => {
        this.#history.applied(life.of.sid, txn, before);
        if (database.digestMismatches > 0) this.#fail(`${life.of.sid} has another digest than ${formatId(txn.header.zxid)} carries`);
      },
      began: ({ of: { sid } }, epoch, start) => {
        this.#note(`${sid} serves epoch ${epoch} from ${formatId(start)}`);
        this.#history.began({ epoch, sid, start });
      },
      introduced: ({ of: { sid } }, membership) => this.#history.introduced(sid, membership),
      synchronised: (how) => {
        this.#syncs[how]++;
      },
      broken: (what) => this.#fail(what),
    });
    try {
      await this.#live();
    } catch (error) {
      this.#fail(`it threw ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
    } finally {
      watchWith(null);
    }
    const { violations, trace } = this;
    const answers = this.#clients.reduce((sum, { calls }) => sum + calls.filter(({ answered }) => answered !== null).length, 0);
    return {
      seed: this.#seed, violations, trace, answers, readOnlyAnswers: this.#reader?.answers ?? 0,
      reconfigurations: [...this.#history.proposed.values()].filter(({ txn: { body } }) => body.type === RECONFIG).length,
      steps: this.#steps, epochs: this.#history.established.length, transactions: this.#history.proposed.size, syncs: this.#syncs,
    };
  }

  async #live(): Promise<void> {
    for (const member of this.#members) this.#scheduler.after(below(this.#random, 1_000), () => member.start());
    await this.#runUntil(FAULTS_MS, () => false);
    this.#note('the faults stop');
    this.#network.heal();
    for (const member of this.#members) {
      Object.assign(member.disk, { badSyncs: 0, full: false });
      member.start();
    }
    const before = this.#clients.map(({ answeredWrites }) => answeredWrites);
    const limitMs = FAULTS_MS + QUIET_LIMIT_MS;
    const progress = await this.#runUntil(limitMs, () =>
      this.#agreed() && this.#clients.every(({ answeredWrites, serving }, i) => serving && answeredWrites >= (before[i] as number) + PROGRESS));
    if (!progress) this.#fail(`no progress ${QUIET_LIMIT_MS} ms after the faults stopped: ${this.#members.map(({ sid, mode }) => `${sid} ${mode}`).join(', ')}`);
    else if (this.violations.length === 0) await this.#rest();
  }

  /** Clients write no more, what they left behind expires, and all members come to the same state. */
  async #rest(): Promise<void> {
    this.#note('the clients rest');
    for (const client of [...this.#clients, this.#reader]) if (client !== null) client.resting = true;
    const limitMs = this.#scheduler.nowMs + QUIET_LIMIT_MS;
    const done = await this.#runUntil(limitMs, () => this.#scheduler.nowMs > limitMs - QUIET_LIMIT_MS + SESSION_MS && this.#alike());
    if (!done) {
      this.#fail(`not alike: ${this.#members.map(({ sid, mode, life }) => `${sid} ${mode} ${formatId(life?.house?.database.tree.lastZxid ?? -1n)} ${life?.house?.database.sessions.size}`).join(', ')}`);
      return;
    }
    if (this.violations.length > 0) return;
    const last = this.#lastZxid();
    const mayExpire = (sessionId: bigint, atMs: number): boolean => this.#mayExpire(sessionId, atMs);
    const heldSessions = new Set(this.#clients.flatMap(({ session }) => (session === null ? [] : [session.id])));
    const { tree, openSessions } = judge({
      history: this.#history, committed: this.#history.committed(last), clients: this.#clients,
      epochOf: (wire) => this.#epochs.get(wire) ?? 0, mayExpire, localSessions: this.#localSessions,
    }, (what) => this.#fail(what));
    this.#reader?.judge(this.#history);
    const due = ofClients(tree.walk());
    for (const { sid, life } of this.#members) {
      const database = life?.house?.database;
      if (database === undefined) continue;
      if (database.digestMismatches > 0) this.#fail(`${sid} counts ${database.digestMismatches} wrong digests`);
      if (database.tree.digest !== tree.digest()) this.#fail(`${sid} has another digest than the history`);
      const own = ofClients(walkTree(database.tree));
      if (!isDeepStrictEqual(own, due)) this.#fail(`${sid} has another tree than the history: ${firstDifference(own, due)}`);
      const sessions = Array.from(database.sessions.entries(), ([id]) => id).sort().join();
      if (sessions !== [...openSessions].sort().join()) this.#fail(`${sid} has the sessions ${sessions}, and the history ${[...openSessions].join()}`);
    }
    for (const id of openSessions) if (!heldSessions.has(id)) this.#fail(`session ${formatId(id)} is nobody's, and does not expire`);
    for (const owner of tree.ephemerals.keys()) if (!openSessions.has(owner)) this.#fail(`an ephemeral of ${formatId(owner)} is left over`);
  }

  async #runUntil(untilMs: number, done: () => boolean): Promise<boolean> {
    while (this.violations.length === 0) {
      if (!this.#scheduler.runOne(untilMs)) return done();
      this.#steps++;
      await settled();
      this.#current = null;
      if (this.#steps % 16 === 0 && done()) return true;
    }
    return true;
  }

  #strike(number: number, { kind, a, b, forMs }: Fault): void {
    const leader = this.#members.find(({ mode }) => mode === 'leader');
    const one = kind.startsWith('leader') && leader !== undefined ? leader : this.#members[a] as SimMember;
    const other = this.#members[b] as SimMember;
    this.#note(`fault ${number}: ${kind} ${one.sid} ${other.sid} ${forMs} ms`);
    switch (kind) {
      case 'part':
        this.#network.part(one.host, other.host);
        return;
      case 'alone':
      case 'leaderAlone':
        this.#isolate(one, forMs);
        return;
      case 'clientsAway':
        for (const { name } of this.#clients) for (const { host } of this.#members) this.#network.part(host, name);
        this.#scheduler.after(forMs, () => this.#network.heal());
        return;
      case 'cut':
        this.#network.cutSome();
        return;
      case 'heal':
        this.#network.heal();
        return;
      case 'slowDisk':
        one.slowUntilMs = this.#scheduler.nowMs + forMs;
        return;
      case 'badSync':
        one.disk.badSyncs = 1;
        return;
      case 'diskFull':
        one.disk.full = true;
        this.#scheduler.after(forMs, () => {
          one.disk.full = false;
        });
        return;
      case 'clockJump':
        one.skewMs += (forMs % 2 === 0 ? 10 : -10) * forMs;
        return;
      default:
        this.#strikeProcess(kind, one, forMs);
    }
  }

  #strikeProcess(kind: ProcessFault, one: SimMember, forMs: number): void {
    switch (kind) {
      case 'kill':
      case 'leaderKill':
        this.#crash(one, false, false, forMs);
        return;
      case 'powerCut':
      case 'leaderPowerCut':
      case 'silentPowerCut':
        this.#crash(one, true, kind === 'silentPowerCut', forMs);
        return;
      case 'restart':
        this.#crash(one, false, false, 1);
        return;
      case 'blackout':
        for (const member of this.#members) this.#crash(member, true, false, 100 + below(this.#random, forMs));
        return;
      case 'stall':
      case 'leaderStall':
        one.stall(forMs);
    }
  }

  /** Cut off from all members, sometimes from all clients too; sometimes its power goes before it is back. */
  #isolate(one: SimMember, forMs: number): void {
    for (const member of this.#members) this.#network.part(one.host, member.host);
    if (forMs % 4 === 0) for (const { name } of this.#clients) this.#network.part(one.host, name);
    if (forMs % 5 === 0) this.#scheduler.after(forMs / 2, () => this.#crash(one, true, false, forMs));
    this.#scheduler.after(forMs, () => this.#network.heal());
  }

  #crash(member: SimMember, power: boolean, silently: boolean, forMs: number): void {
    member.crash(power, silently);
    this.#scheduler.after(forMs, () => member.start());
  }

  /** One leads, and all others are in step with it. */
  #agreed(): boolean {
    const modes = this.#members.map(({ mode }) => mode);
    if (modes.filter((mode) => mode === 'leader').length !== 1) return false;
    if (modes.some((mode) => mode === 'down' || mode === 'looking')) return false;
    return new Set(this.#members.map(({ life }) => life?.member?.state.epoch)).size === 1;
  }

  #lastZxid(): bigint {
    return this.#members.find(({ mode }) => mode === 'leader')?.life?.member?.state.lastZxid ?? 0n;
  }

  /** Everybody has applied everything, and only sessions that are held are left. */
  #alike(): boolean {
    if (!this.#agreed()) return false;
    const last = this.#lastZxid();
    const held = new Set(this.#clients.flatMap(({ session }) => (session === null ? [] : [session.id])));
    if (!this.#clients.every(({ serving }) => serving)) return false;
    return this.#members.every(({ life }) => {
      const database = life?.house?.database;
      // Without a transaction in an epoch its followers stand where they stood.
      const stands = database?.tree.lastZxid === last || (last & 0xffff_ffffn) === 0n;
      const known = Array.from(database?.sessions.entries() ?? [], ([id]) => id);
      return stands && known.every((id) => held.has(id)) && (this.#localSessions || known.length === held.size);
    });
  }

  /** The server may have heard nothing of it for a whole timeout. */
  #mayExpire(sessionId: bigint, atMs: number): boolean {
    for (const { sessions } of this.#clients) {
      const session = sessions.find(({ id }) => id === sessionId);
      if (session === undefined) continue;
      const heardMs = session.heard.findLast((ms) => ms <= atMs) ?? 0;
      const spareMs = SESSION_MS * 0.9 - SYNC_LIMIT * TICK_MS * 1.1 - SLACK_MS;
      if (atMs - heardMs >= spareMs) return true;
      // Who stands still himself does not hear what was said to him meanwhile.
      return this.#members.some(({ stalls }) => stalls.some(([from, to]) => to >= heardMs - SESSION_MS && from <= atMs));
    }
    return true;
  }

  #makeMember(i: number, voters: number): SimMember {
    return new SimMember(BigInt(i + 1), i >= voters, this.#config(), {
      scheduler: this.#scheduler, network: this.#network, random: this.#random, membership: this.#membership,
      initLimit: INIT_LIMIT, syncLimit: SYNC_LIMIT,
      onEnter: (life) => {
        this.#current = life;
      },
      onAppend: (member, bytes) => this.#history.appended(member.sid, bytes, this.#scheduler.nowMs),
      onAccept: (wire, epoch) => void this.#epochs.set(wire, epoch),
      onBroken: (what) => this.#fail(what),
      note: (text) => this.#note(text),
      withLogs: this.#withLogs,
    });
  }

  #makeClient(i: number): EnsembleClient {
    return new EnsembleClient({
      name: `c${i + 1}`, random: this.#random, scheduler: this.#scheduler, network: this.#network, timeoutMs: SESSION_MS,
      server: () => this.#pickServer(),
      reconfigurable: this.#reconfigures ? this.#members.length : 0,
      count: () => this.#count++,
      fail: (what) => this.#fail(what),
      note: (text) => {
        if (this.#withLogs) this.#note(text);
      },
    });
  }

  /** Writes that only a leader has are what a next one must cut off: the leader has clients more often than others. */
  #pickServer(): string {
    const leader = this.#members.find(({ mode }) => mode === 'leader');
    const one = this.#members[below(this.#random, this.#members.length)] as SimMember;
    return below(this.#random, 3) === 0 && leader !== undefined ? leader.host : one.host;
  }

  #config(): ZooCfg {
    const keys = {
      tickTime: String(TICK_MS), dataDir: '/data', clientPort: '2181',
      preAllocSize: String([0, 0, 4][below(this.#random, 3)]),
      snapCount: String([5, 20, 60, 1000][below(this.#random, 4)]),
      'snapshot.compression.method': below(this.#random, 4) === 0 ? 'snappy' : '',
      localSessionsEnabled: String(this.#localSessions), localSessionsUpgradingEnabled: String(this.#localSessions),
      ...(this.#reconfigures ? { reconfigEnabled: 'true', skipACL: 'yes' } : {}),
    };
    return parseZooCfg(Object.entries(keys).map(([key, value]) => `${key}=${value}`).join('\n'), new Map([['readonlymode.enabled', String(this.#seed % 3 === 0)]]));
  }

  #fail(what: string): void {
    if (this.violations.length >= VIOLATIONS_MAX) return;
    this.violations.push(what);
    this.#note(`VIOLATED: ${what}`);
  }

  #note(text: string): void {
    this.trace.push(`${this.#scheduler.nowMs.toFixed(0).padStart(7)} ${text}`);
  }
}

function membershipOf(voters: number, all: number): Membership {
  return makeMembership(Array.from({ length: all }, (_, i) => ({
    sid: BigInt(i + 1),
    addresses: [{ host: `n${i + 1}`, quorumPort: 2888, electionPort: 3888 }],
    role: i < voters ? 'participant' as const : 'observer' as const,
    client: { host: `n${i + 1}`, port: 2181 },
  })));
}

/** The configuration stands in the tree without a transaction, at times that are each member's own. */
const ofClients = (nodes: readonly WalkedNode[]): WalkedNode[] => nodes.filter(({ path }) => path !== '/zookeeper/config');

function firstDifference(own: readonly WalkedNode[], due: readonly WalkedNode[]): string {
  const i = own.findIndex((node, at) => !isDeepStrictEqual(node, due[at]));
  return `${JSON.stringify(own[i])}, and not ${JSON.stringify(due[i])}`;
}

/** One run. */
export function runEnsemble(options: EnsembleOptions): Promise<EnsembleReport> {
  return new EnsembleWorld(options).run();
}
