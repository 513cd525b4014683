/**
 * A whole ensemble that elects, on simulated time, from one seed: servers with their disks, a plan of faults, and the
 * checks that hold at every moment. Out: what was violated, and a trace. Must hold: the same seed gives the same run.
 */

import { below, seededRandom, type Random } from '../../../src/base/random.ts';
import type { Outcome } from '../../../src/ensemble/replication/election/election-effects.ts';
import { isGreater } from '../../../src/ensemble/replication/election/vote.ts';
import { makeMembership, type Membership } from '../../../src/ensemble/replication/quorum/membership.ts';
import { STATE } from '../../../src/wire/quorum/notification.ts';
import { ELECTION_PORT, ElectionNode, hostOf } from './election-node.ts';
import { MiniLeader, MiniLearner, type Disk } from './mini-zab.ts';
import { Scheduler } from './scheduler.ts';
import { SimNetwork } from './sim-network.ts';

export interface WorldOptions {
  readonly seed: number;
  /** Only these faults of the plan, by their number; all when absent. For making a failing run smaller by hand. */
  readonly onlyFaults?: ReadonlySet<number>;
  /** Planted mistakes, to see that the checks find them. */
  readonly plant?: 'forgetsEpochs' | 'losesTransactions';
}

interface Member {
  readonly sid: bigint;
  readonly disk: Disk;
  readonly clockRate: number;
  node: ElectionNode | null;
  part: MiniLeader | MiniLearner | null;
}

const FAULTS_MS = 15_000;
const QUIET_LIMIT_MS = 120_000;
const LASTING_MS = 5_000;
const PROPOSE_MS = 150;

export class ElectionWorld {
  readonly scheduler = new Scheduler();
  readonly members: readonly Member[];
  readonly membership: Membership;
  readonly violations: string[] = [];
  readonly trace: string[] = [];
  readonly #random: Random;
  readonly #network: SimNetwork;
  readonly #options: WorldOptions;
  readonly #leaders = new Map<number, bigint>();
  #committed = 0;
  elections = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#network = new SimNetwork(this.scheduler, this.#random);
    const voters = 3 + below(this.#random, 3);
    const observers = below(this.#random, 3);
    this.members = Array.from({ length: voters + observers }, (_, i) => ({
      sid: BigInt(i + 1),
      disk: { lastZxid: 0, currentEpoch: 0, acceptedEpoch: 0 },
      clockRate: 0.95 + below(this.#random, 100) / 1000,
      node: null,
      part: null,
    }));
    this.membership = makeMembership(this.members.map(({ sid }, i) => ({
      sid,
      addresses: [{ host: hostOf(sid), quorumPort: 2888, electionPort: ELECTION_PORT }],
      role: i < voters ? 'participant' : 'observer',
      client: null,
    })));
  }

  /** Faults for a while, then none: everybody must agree on a leader that serves. */
  run(): void {
    for (const member of this.members) this.scheduler.after(below(this.#random, 2_000), () => this.#start(member));
    this.#planFaults();
    this.scheduler.after(PROPOSE_MS, () => this.#write());
    this.scheduler.run(FAULTS_MS);
    this.#note('the faults stop');
    this.#network.heal();
    for (const member of this.members) this.#start(member);
    const limitMs = FAULTS_MS + QUIET_LIMIT_MS;
    while (this.scheduler.run(limitMs, () => this.#agreed())) {
      const before = this.elections;
      // What was lost before the faults stopped may be noticed only now.
      this.scheduler.run(this.scheduler.nowMs + LASTING_MS);
      if (this.#agreed() && this.elections === before) return;
    }
    this.violations.push(`no lasting leader for everybody ${QUIET_LIMIT_MS} ms after the faults stopped`);
  }

  #planFaults(): void {
    const count = 4 + below(this.#random, 12);
    for (let i = 0; i < count; i++) {
      const atMs = below(this.#random, FAULTS_MS);
      const kind = below(this.#random, 6);
      const a = this.members[below(this.#random, this.members.length)] as Member;
      const b = this.members[below(this.#random, this.members.length)] as Member;
      const downMs = below(this.#random, 4_000);
      if (this.#options.onlyFaults?.has(i) === false) continue;
      this.scheduler.after(atMs, () => this.#fault(i, kind, a, b, downMs));
    }
  }

  #fault(number: number, kind: number, a: Member, b: Member, downMs: number): void {
    switch (kind) {
      case 0:
      case 1:
        this.#note(`fault ${number}: ${a.sid} crashes${kind === 1 ? ' without a word' : ''} for ${downMs} ms`);
        this.#crash(a, kind === 1);
        this.scheduler.after(downMs, () => this.#start(a));
        return;
      case 2:
        this.#note(`fault ${number}: ${a.sid} and ${b.sid} are parted`);
        this.#network.part(hostOf(a.sid), hostOf(b.sid));
        return;
      case 3:
        this.#note(`fault ${number}: ${a.sid} is alone`);
        for (const other of this.members) this.#network.part(hostOf(a.sid), hostOf(other.sid));
        return;
      case 4:
        this.#note(`fault ${number}: connections are cut`);
        this.#network.cutSome();
        return;
      default:
        this.#note(`fault ${number}: the network heals`);
        this.#network.heal();
    }
  }

  #start(member: Member): void {
    if (member.node !== null) return;
    const { sid, clockRate } = member;
    this.#note(`${sid} starts`);
    const memberships = { current: this.membership, lastSeen: this.membership };
    const node = new ElectionNode(this.scheduler, this.#network, {
      sid, memberships, clockRate, reconfigEnabled: false, maxIntervalMs: 5_000,
    }, {
      onOutcome: (outcome) => this.#elected(member, outcome),
      onAdopted: () => undefined,
    });
    member.node = node;
    this.#look(member);
  }

  #look(member: Member): void {
    member.part = null;
    const { lastZxid, currentEpoch } = member.disk;
    const epoch = this.#options.plant === 'forgetsEpochs' ? 0 : currentEpoch;
    const zxid = this.#options.plant === 'losesTransactions' ? 0 : lastZxid;
    member.node?.look({ lastZxid: BigInt(zxid), currentEpoch: BigInt(epoch) });
  }

  #crash(member: Member, silently: boolean): void {
    member.node?.crash();
    member.part?.stop();
    member.node = null;
    member.part = null;
    this.#network.crash(hostOf(member.sid), silently);
  }

  #elected(member: Member, outcome: Outcome): void {
    const { sid, disk } = member;
    const { leader, round, peerEpoch } = outcome.vote;
    this.elections++;
    this.#note(`${sid} is ${['looking', 'following', 'leading', 'observing'][outcome.state]} ${leader}, round ${round}, epoch ${peerEpoch}`);
    const node = member.node;
    const events = {
      onEnded: () => {
        if (member.node === node) this.scheduler.after(0, () => member.node === node && this.#look(member));
      },
      onServing: (epoch: number) => {
        node?.peer.setEpoch(BigInt(epoch));
        if (outcome.state === STATE.leading) this.#established(member, epoch);
      },
      onCommitted: (zxid: number) => {
        this.#committed = Math.max(this.#committed, zxid);
      },
    };
    if (outcome.state === STATE.leading) {
      this.#checkMaximal(member, outcome);
      member.part = new MiniLeader(this.scheduler, this.#network, sid, disk, this.membership.verifier, events);
    } else {
      member.part = new MiniLearner(this.scheduler, this.#network, sid, leader, disk, events);
    }
  }

  /** Of those who voted for it in this round nobody has more than the leader. */
  #checkMaximal({ sid, disk }: Member, { vote, supporters }: Outcome): void {
    if (!this.membership.verifier.hasQuorum(supporters)) this.violations.push(`${sid} leads without a quorum of votes`);
    const candidate = (one: bigint, { lastZxid, currentEpoch }: Disk): { leader: bigint; zxid: bigint; peerEpoch: bigint } =>
      ({ leader: one, zxid: BigInt(lastZxid), peerEpoch: BigInt(currentEpoch) });
    for (const other of this.members) {
      if (!supporters.has(other.sid) || other.node?.peer.round !== vote.round) continue;
      // Who has been in a term since speaks of an election that is over: its vote brings its former leader back.
      if (other.part?.serving === true) continue;
      if (isGreater(candidate(other.sid, other.disk), candidate(sid, disk))) {
        this.violations.push(`${sid} was elected by ${other.sid}, which has more`);
      }
    }
  }

  #established({ sid, disk }: Member, epoch: number): void {
    this.#note(`${sid} serves epoch ${epoch} from ${disk.lastZxid.toString(16)}`);
    const before = this.#leaders.get(epoch);
    if (before !== undefined && before !== sid) this.violations.push(`epoch ${epoch} has the leaders ${before} and ${sid}`);
    this.#leaders.set(epoch, sid);
    if (disk.lastZxid < this.#committed) this.violations.push(`${sid} leads epoch ${epoch} without what was committed`);
  }

  #write(): void {
    for (const { part } of this.members) if (part instanceof MiniLeader) part.propose();
    this.scheduler.after(PROPOSE_MS, () => this.#write());
  }

  /** One leader serves, and everybody else is served by it. */
  #agreed(): boolean {
    const serving = this.members.filter(({ part }) => part instanceof MiniLeader && part.serving);
    const [leader] = serving;
    if (serving.length !== 1 || leader === undefined) return false;
    return this.members.every(({ part }) =>
      part === leader.part || (part instanceof MiniLearner && part.serving && part.leader === leader.sid));
  }

  #note(text: string): void {
    this.trace.push(`${this.scheduler.nowMs.toFixed(0).padStart(7)} ${text}`);
  }
}
