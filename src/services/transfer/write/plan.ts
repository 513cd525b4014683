/** What a plan is made of: notes, marks and writes, in the order in which they are settled. */

import type { ItemAction, ItemReason } from '../api.ts';
import type { Postponed } from '../job-log.ts';
import type { Difference, Kind, NodeRecord } from '../record.ts';
import type { Act, Outcome } from './step.ts';

/** What a report says of a node. */
export interface Note {
  readonly action: ItemAction;
  readonly differences: readonly Difference[];
  readonly reason: ItemReason | null;
  readonly message: string | null;
  readonly kind: Kind;
  readonly dataLength: number;
  /** Whether the target has the node. */
  readonly exists: boolean;
}

/** A node for which nothing is sent. */
export interface NoteStep {
  readonly kind: 'note';
  readonly relative: string;
  readonly note: Note;
  /** A rule left it out. */
  readonly leftOut: boolean;
  /** It is counted, and not told of. */
  readonly silent: boolean;
}

/** A place up to which a job can be gone on with from. */
export interface MarkStep {
  readonly kind: 'mark';
  readonly at: string;
  readonly postponed: readonly Postponed[];
}

/** What a second look at a node says: it is settled, or this is to be sent. */
export interface Look {
  readonly outcome: Outcome | null;
  readonly act: Act | null;
  readonly note: Note;
  /** What is there now, where it is about to be changed. */
  readonly now: NodeRecord | null;
  /** The whole job ends here. */
  readonly stops: boolean;
}

export interface WriteStep {
  readonly kind: 'write';
  readonly relative: string;
  readonly path: string;
  act: Act;
  note: Note;
  /** Of the node that is meant; null: it is the job's own. */
  czxid: bigint | null;
  /** Memory that it holds, bytes. */
  readonly bytes: number;
  /** Another step for the same node follows, and is done only if this one is. */
  readonly leads: boolean;
  /** It is one more act on a node that is counted by another step. */
  readonly second: boolean;
  /** The state of the node whose image was kept. */
  imaged: string | null;
  /**
   * Looks at the node again, after a request that was overtaken, or whose end is not known.
   *
   * @param lost a reply was lost, now or before, so that the request may have been carried out
   */
  look(lost: boolean): Promise<Look>;
}

export type Step = NoteStep | MarkStep | WriteStep;
