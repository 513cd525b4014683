/**
 * Syncs that wait: for what was proposed before them (Leader.pendingSyncs), and until it is sure that this server still
 * leads. Must hold: they are answered in order, and each before anything is committed that was proposed after it.
 */

import type { LinkId } from '../messages.ts';

/** Who asked; null: this server's own client. */
export type Asker = LinkId | null;

interface Sync {
  readonly asker: Asker;
  /** The last transaction that was proposed before it. */
  readonly behind: bigint;
  /** Whether this server was the leader after it was asked for. */
  sure: boolean;
}

export class Syncs {
  #queue: Sync[] = [];

  get size(): number {
    return this.#queue.length;
  }

  /** Whether nobody knows of the last one if this server still leads. */
  get doubtful(): boolean {
    return this.#queue.at(-1)?.sure === false;
  }

  ask(asker: Asker, behind: bigint): void {
    this.#queue.push({ asker, behind, sure: false });
  }

  /** This server leads. */
  confirm(): void {
    for (const sync of this.#queue) sync.sure = true;
  }

  /** @returns who may be answered now that this is committed, in order */
  ready(committed: bigint): Asker[] {
    return this.#take(({ behind, sure }) => sure && behind <= committed);
  }

  /**
   * A quorum has a transaction of this leader, so it led when that was proposed.
   *
   * @returns who must be answered before it is committed, in order
   */
  before(zxid: bigint): Asker[] {
    return this.#take(({ behind }) => behind < zxid);
  }

  #take(may: (sync: Sync) => boolean): Asker[] {
    const stop = this.#queue.findIndex((sync) => !may(sync));
    return this.#queue.splice(0, stop === -1 ? this.#queue.length : stop).map(({ asker }) => asker);
  }
}
