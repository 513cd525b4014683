/**
 * Where the simulation looks into members: at what is applied, and at where an epoch begins. Which member it is follows
 * from whose turn it is: everything that happens in a process happens between two steps of the simulation.
 */

import { epochOf, formatId } from '../../../../src/model/zxid.ts';
import { Configurations } from '../../../../src/ensemble/member/configurations.ts';
import { Storehouse } from '../../../../src/ensemble/member/storehouse.ts';
import type { LeaderEffects } from '../../../../src/ensemble/replication/effects.ts';
import { Leader } from '../../../../src/ensemble/replication/leader/leader.ts';
import { Learner } from '../../../../src/ensemble/replication/learner/learner.ts';
import type { LinkId } from '../../../../src/ensemble/replication/messages.ts';
import type { Membership } from '../../../../src/ensemble/replication/quorum/membership.ts';
import { Database } from '../../../../src/ensemble/tree/database.ts';
import type { Transaction } from '../../../../src/ensemble/txn/transaction.ts';
import type { Life } from './sim-member.ts';

export interface Watcher {
  /** Whose turn it is. */
  current(): Life | null;
  applied(life: Life, database: Database, txn: Transaction, before: bigint): void;
  began(life: Life, epoch: number, start: bigint): void;
  /** A leader that stays has put a configuration into force. */
  introduced(life: Life, membership: Membership): void;
  /** A leader told a learner where to begin. */
  synchronised(how: 'diff' | 'trunc' | 'snap'): void;
  /** Leader and learner broke a rule of what they say to each other. */
  broken(what: string): void;
}

let watcher: Watcher | null = null;
let installed = false;

/** From here on this one is told; null for nobody. */
export function watchWith(next: Watcher | null): void {
  watcher = next;
  if (!installed) install();
  installed = true;
}

function install(): void {
  const open = Storehouse.open.bind(Storehouse);
  Storehouse.open = async (...given) => {
    const life = watcher?.current() ?? null;
    const house = await open(...given);
    if (life !== null) life.house = house;
    return house;
  };

  const { beginEpoch } = Storehouse.prototype;
  Storehouse.prototype.beginEpoch = function (this: Storehouse, zxid) {
    const life = watcher?.current();
    if (life != null) watcher?.began(life, epochOf(zxid), this.lastLogged);
    beginEpoch.call(this, zxid);
  };

  const { activate } = Configurations.prototype;
  Configurations.prototype.activate = function (this: Configurations, next, sid, leader, designated) {
    const life = watcher?.current();
    if (life != null && leader === sid && designated === sid) watcher?.introduced(life, next);
    return activate.call(this, next, sid, leader, designated);
  };

  const { apply } = Database.prototype;
  Database.prototype.apply = function (this: Database, txn) {
    const before = this.tree.lastZxid;
    const applied = apply.call(this, txn);
    const life = watcher?.current();
    if (life != null) watcher?.applied(life, this, txn, before);
    return applied;
  };

  const { step } = Leader.prototype;
  Leader.prototype.step = function (this: Leader, input) {
    const effects = step.call(this, input);
    const own = ends.get(this) ?? new Map<LinkId, bigint>();
    ends.set(this, own);
    if (input.kind === 'message' && input.message.kind === 'ackEpoch') own.set(input.link, input.message.lastZxid);
    look(effects, own);
    return effects;
  };

  const { step: learn } = Learner.prototype;
  Learner.prototype.step = function (this: Learner, input) {
    const effects = learn.call(this, input);
    // A leader's stream has no hole: that a learner would notice one does not make it right.
    if (effects.ended !== null && HOLES.test(effects.ended)) watcher?.broken(effects.ended);
    return effects;
  };
}

const HOLES = /not the next one|something is missing|before the leader said|said twice|is not awaited/;

/** Where the logs of each leader's learners ended, by link. */
const ends = new WeakMap<Leader, Map<LinkId, bigint>>();

/** Never a TRUNC across an epoch, unless the learner goes on from where the leader ends (facts 5.6). */
function look({ send }: LeaderEffects, endOf: ReadonlyMap<LinkId, bigint>): void {
  send.forEach(({ link, message }, i) => {
    const { kind } = message;
    if (kind !== 'diff' && kind !== 'trunc' && kind !== 'snap') return;
    watcher?.synchronised(kind);
    const end = endOf.get(link);
    // Behind a proposal of the history comes its commit; behind one that is under way another one, or NEWLEADER.
    const walked = send[i + 2]?.link === link && send[i + 2]?.message.kind === 'commit';
    if (kind !== 'trunc' || end === undefined || !walked) return;
    if (epochOf(message.zxid) !== epochOf(end)) watcher?.broken(`a TRUNC from ${formatId(end)} to ${formatId(message.zxid)}, across an epoch`);
  });
}
