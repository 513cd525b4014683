/**
 * Whether somebody keeps up with what is proposed (LearnerHandler.SyncLimitCheck). In: how far it should be, and how
 * far it is, asked again and again. Out: for how long it has been without what was there at one time. One mark at a time:
 * the next is set when that is reached.
 */

export class Pace {
  #mark: { readonly zxid: bigint; readonly sinceMs: number } | null = null;

  /**
   * @param reached the last transaction that it has on disk
   * @param wanted the last that it was given
   * @returns ms, from the time when the mark was set; 0 when it keeps up
   */
  behindMs(reached: bigint, wanted: bigint, nowMs: number): number {
    if (this.#mark !== null && reached < this.#mark.zxid) return nowMs - this.#mark.sinceMs;
    this.#mark = reached < wanted ? { zxid: wanted, sinceMs: nowMs } : null;
    return 0;
  }
}
