/** Collects what one step of the leader wants done. */

import type { Transaction } from '../../txn/transaction.ts';
import type { LeaderEffects, LeaderEvent, LeaderStep, Task } from '../effects.ts';
import type { LeaderMessage, LinkId } from '../messages.ts';
import type { Learners } from './learners.ts';
import type { Asker } from './syncs.ts';

interface Draft {
  persist: Transaction[];
  tasks: Task[];
  send: { link: LinkId; message: LeaderMessage }[];
  steps: LeaderStep[];
  close: LinkId[];
  ended: string | null;
}

const empty = (): Draft => ({ persist: [], tasks: [], send: [], steps: [], close: [], ended: null });

export class LeaderOutbox {
  #draft = empty();

  persist(txn: Transaction): void {
    this.#draft.persist.push(txn);
  }

  task(task: Task): void {
    this.#draft.tasks.push(task);
  }

  send(link: LinkId, message: LeaderMessage): void {
    this.#draft.send.push({ link, message });
  }

  apply(txn: Transaction): void {
    this.#draft.steps.push({ kind: 'apply', txn });
  }

  event(event: LeaderEvent): void {
    this.#draft.steps.push({ kind: 'event', event });
  }

  /** Answers syncs, in order, of those who are still there. */
  synced(askers: readonly Asker[], learners: Learners): void {
    for (const asker of askers) {
      if (asker === null) this.event({ kind: 'synced', count: 1 });
      else if (learners.get(asker) !== undefined) this.send(asker, { kind: 'sync' });
    }
  }

  close(link: LinkId): void {
    this.#draft.close.push(link);
  }

  end(reason: string): void {
    this.#draft.ended ??= reason;
  }

  /** What was collected since the last time. */
  take(): LeaderEffects {
    const draft = this.#draft;
    this.#draft = empty();
    return draft;
  }
}
