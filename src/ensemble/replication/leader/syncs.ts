/** Syncs that wait for what was proposed before them (Leader.pendingSyncs). */

import type { LinkId } from '../messages.ts';

export class Syncs {
  readonly #waiting = new Map<bigint, (LinkId | null)[]>();

  get size(): number {
    let size = 0;
    for (const links of this.#waiting.values()) size += links.length;
    return size;
  }

  /** @param behind the last transaction that was proposed @param link null: this server's own client */
  wait(link: LinkId | null, behind: bigint): void {
    const others = this.#waiting.get(behind);
    if (others === undefined) this.#waiting.set(behind, [link]);
    else others.push(link);
  }

  /** A transaction is committed. @returns who waited for it, in order */
  committed(zxid: bigint): readonly (LinkId | null)[] {
    const waited = this.#waiting.get(zxid);
    this.#waiting.delete(zxid);
    return waited ?? [];
  }
}
