/**
 * Deletes what a preview showed: children before parents, each with the version that was seen, and each written down
 * in the journal before. What changed or gained children since is left alone and reported. A lost connection stops
 * it, after finding out what became of the requests that were under way.
 */

import type { Clock } from '../../base/clock.ts';
import type { CancelSignal } from '../../base/signal.ts';
import type { Failure } from '../../contract/shapes.ts';
import type { DeleteOutcome } from '../../contract/nodes.ts';
import type { InferOutput } from 'valibot';
import { ZooError } from '../../model/errors.ts';
import { parentPath } from '../../model/zpath.ts';
import type { OpenConnection } from '../connections/open-connection.ts';
import { imageOf } from '../history/image-of.ts';
import type { OpenOperation } from '../history/journal.ts';
import { toFailure, makeFailure } from '../failure.ts';
import { withTimeout } from '../util/cancel.ts';
import { mapPooled } from '../util/pool.ts';
import type { PlannedNode } from './delete-preview.ts';
import { isAnswer } from './read-write.ts';

type Outcome = InferOutput<typeof DeleteOutcome>;

const DELETES_AT_ONCE_MAX = 32;
/** Data and ACL. */
const REQUESTS_PER_IMAGE = 2;
/** So many nodes, or so much data of theirs, go to the journal's disk at once. */
const KEPT_AT_ONCE_MAX = 256;
const KEPT_BYTES_MAX = 4 * 1024 * 1024;
/** The most paths that `left` names. */
const LEFT_MAX = 1_000;
/** How long to wait for the connection to find out what became of a deletion. */
const FIND_OUT_MS = 15_000;

/**
 * Runs the deletion.
 *
 * @param planned parents before children, as the preview found them
 * @param unplanned nodes below that are not in the plan because they could not be read
 * @param onProgress told how many of the plan are through
 * @param journal where each node goes before it is deleted
 */
export async function deletePlanned(
  connection: OpenConnection,
  clock: Clock,
  planned: readonly PlannedNode[],
  unplanned: readonly string[],
  signal: CancelSignal,
  onProgress: (done: number) => void,
  journal: OpenOperation,
): Promise<Outcome> {
  const run = new DeleteRun(connection, clock, planned, signal, onProgress, journal);
  for (const path of unplanned) run.leaveUnreadable(path);
  return run.run();
}

class DeleteRun {
  readonly #connection: OpenConnection;
  readonly #clock: Clock;
  readonly #planned: readonly PlannedNode[];
  readonly #signal: CancelSignal;
  readonly #onProgress: (done: number) => void;
  readonly #journal: OpenOperation;
  readonly #left: { path: string; failure: Failure }[] = [];
  /** Ancestors of what was left: they have children still, so that trying them would be in vain. */
  readonly #blocked = new Set<string>();
  readonly #unknown: { node: PlannedNode; error: ZooError }[] = [];
  #leftCount = 0;
  #deleted = 0;
  #through = 0;
  #stopped: Failure | null = null;

  constructor(
    connection: OpenConnection,
    clock: Clock,
    planned: readonly PlannedNode[],
    signal: CancelSignal,
    onProgress: (done: number) => void,
    journal: OpenOperation,
  ) {
    this.#connection = connection;
    this.#clock = clock;
    this.#planned = planned;
    this.#signal = signal;
    this.#onProgress = onProgress;
    this.#journal = journal;
  }

  leaveUnreadable(path: string): void {
    this.#leave(path, makeFailure('answer', 'NoAuth', 'it could not be looked at, so it is left alone', path));
  }

  async run(): Promise<Outcome> {
    // One session's requests are carried out in the order sent, so that going through the plan backwards puts
    // every child before its parent, however many are under way.
    let end = this.#planned.length;
    while (end > 0 && this.#stopped === null && !this.#signal.aborted) {
      const start = this.#batchStart(end);
      if (await this.#keep(this.#planned.slice(start, end))) end = await this.#deleteBatch(start, end);
    }
    await this.#findOutUnknown();
    return {
      deleted: this.#deleted,
      left: this.#left,
      cancelled: this.#signal.aborted,
      leftCount: this.#leftCount,
      untouched: end,
      stopped: this.#stopped,
    };
  }

  /** Where a batch that ends here begins. */
  #batchStart(end: number): number {
    let start = end;
    let bytes = 0;
    do bytes += (this.#planned[--start] as PlannedNode).dataLength;
    while (start > 0 && end - start < KEPT_AT_ONCE_MAX && bytes < KEPT_BYTES_MAX);
    return start;
  }

  /** Writes nodes down as they are. @returns false when that is not possible: then nothing of them may be deleted */
  async #keep(nodes: readonly PlannedNode[]): Promise<boolean> {
    const { client } = this.#connection;
    const read = ({ path }: PlannedNode) => imageOf(client, path, 'delete', this.#signal);
    try {
      const images = await mapPooled(nodes, DELETES_AT_ONCE_MAX / REQUESTS_PER_IMAGE, this.#signal, read);
      await this.#journal.keep(images.filter((image) => image !== null));
      return true;
    } catch (error) {
      if (!(error instanceof ZooError)) throw error;
      if (error.kind !== 'cancelled') this.#stopped ??= toFailure(error);
      return false;
    }
  }

  /** @returns how many of the plan are still to be tried */
  async #deleteBatch(start: number, end: number): Promise<number> {
    let next = end - 1;
    const worker = async (): Promise<void> => {
      while (next >= start && this.#stopped === null && !this.#signal.aborted) {
        const node = this.#planned[next--] as PlannedNode;
        await this.#deleteOne(node);
        this.#through++;
        this.#onProgress(this.#through);
      }
    };
    await Promise.all(Array.from({ length: Math.min(DELETES_AT_ONCE_MAX, end - start) }, worker));
    return next + 1;
  }

  /** Not cancelled once it is sent: then its outcome would not be known. */
  async #deleteOne(node: PlannedNode): Promise<void> {
    const { path, version } = node;
    if (this.#blocked.has(path)) {
      this.#leave(path, makeFailure('answer', 'NotEmpty', 'something below it was left alone', path));
      return;
    }
    try {
      await this.#connection.client.delete(path, version);
      this.#deleted++;
    } catch (error) {
      // Somebody else was quicker: that is what was wanted.
      if (isAnswer(error, 'NoNode')) return;
      if (!(error instanceof ZooError)) throw error;
      if (error.kind === 'weather') {
        this.#stopped ??= toFailure(error, path);
        if (!error.retrySafe) this.#unknown.push({ node, error });
        else this.#leave(path, toFailure(error, path));
        return;
      }
      this.#leave(path, toFailure(error, path));
    }
  }

  #leave(path: string, failure: Failure): void {
    this.#leftCount++;
    if (this.#left.length < LEFT_MAX) this.#left.push({ path, failure });
    for (let up = parentPath(path); up !== null && !this.#blocked.has(up); up = parentPath(up)) this.#blocked.add(up);
  }

  /** What became of requests whose reply was lost: gone is deleted, present is left, else it is not known. */
  async #findOutUnknown(): Promise<void> {
    for (const { node, error } of this.#unknown) {
      const exists = await this.#lookAt(node.path);
      if (exists === false) this.#deleted++;
      else this.#leave(node.path, toFailure(error, node.path));
    }
  }

  /** @returns null when that cannot be found out in time */
  async #lookAt(path: string): Promise<boolean | null> {
    if (this.#connection.ended) return null;
    const look = async (signal: CancelSignal): Promise<boolean> =>
      (await this.#connection.client.exists(path, { signal })).stat !== null;
    try {
      return await withTimeout(this.#clock, FIND_OUT_MS, undefined, look, null);
    } catch (error) {
      if (error instanceof ZooError) return null;
      throw error;
    }
  }
}
