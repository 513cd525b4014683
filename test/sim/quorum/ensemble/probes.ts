/**
 * Where the simulation looks into members: at what is applied, and at where an epoch begins. Which member it is follows
 * from whose turn it is: everything that happens in a process happens between two steps of the simulation.
 */

import { epochOf } from '../../../../src/model/zxid.ts';
import { Storehouse } from '../../../../src/ensemble/member/storehouse.ts';
import { Leader } from '../../../../src/ensemble/replication/leader/leader.ts';
import { Database } from '../../../../src/ensemble/tree/database.ts';
import type { Transaction } from '../../../../src/ensemble/txn/transaction.ts';
import type { Life } from './sim-member.ts';

export interface Watcher {
  /** Whose turn it is. */
  current(): Life | null;
  applied(life: Life, database: Database, txn: Transaction, before: bigint): void;
  began(life: Life, epoch: number, start: bigint): void;
  /** A leader told a learner where to begin. */
  synchronised(how: 'diff' | 'trunc' | 'snap'): void;
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
    for (const { message: { kind } } of effects.send) {
      if (kind === 'diff' || kind === 'trunc' || kind === 'snap') watcher?.synchronised(kind);
    }
    return effects;
  };
}
