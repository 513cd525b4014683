/**
 * Whether the history of one node's data could be that of a single copy, each operation taking effect at one moment
 * between its call and its answer. In: operations with their times and outcomes. Out: null, or where no order goes on.
 * Must hold: what has an unknown outcome may have taken effect at any moment after its call, or never.
 *
 * In general such a question needs a search (Wing and Gong; Lowe). Here versions leave no choice: an answered write
 * says which one it made, and a read which one it saw. What changes nothing may come as early as it fits, and a write
 * with an unknown outcome took effect only where a version would have no other maker.
 */

export interface Register {
  readonly version: number;
  readonly value: string;
}

export type Action =
  /** @property value unlike every other write's @property expects the version that it asks for; null: any */
  | { readonly kind: 'write'; readonly value: string; readonly expects: number | null; readonly outcome: Outcome }
  /** Answered only: a read without an answer says nothing. */
  | { readonly kind: 'read'; readonly saw: Register };

export type Outcome = { readonly kind: 'written'; readonly version: number } | { readonly kind: 'badVersion' } | { readonly kind: 'unknown' };

export interface Operation {
  readonly client: string;
  /** ms, on one clock for all clients. */
  readonly calledMs: number;
  /** Infinity when nothing came back. */
  readonly answeredMs: number;
  readonly action: Action;
}

/**
 * Looks for an order.
 *
 * @returns null when there is one, else a line that names the operations that fit nowhere
 */
export function explainHistory(initial: Register, operations: readonly Operation[]): string | null {
  return new Order(initial, operations).explain();
}

type WriteAction = Extract<Action, { kind: 'write' }>;

interface Perhaps {
  readonly calledMs: number;
  readonly action: WriteAction;
}

class Order {
  /** Answered and not in the order yet, by the time of the call. */
  #left: Operation[] = [];
  /** With an unknown outcome and not in the order, likewise. */
  readonly #perhaps: Perhaps[] = [];
  /** Versions that an answered write made. */
  readonly #made = new Set<number>();
  /** Versions that somebody saw. */
  readonly #seen = new Map<number, string>();
  readonly #seenValues = new Set<string>();
  #state: Register;
  #count = 0;

  constructor(initial: Register, operations: readonly Operation[]) {
    this.#state = initial;
    for (const one of [...operations].sort((a, b) => a.calledMs - b.calledMs)) {
      const { action, calledMs } = one;
      if (action.kind === 'read') {
        this.#seen.set(action.saw.version, action.saw.value);
        this.#seenValues.add(action.saw.value);
      } else if (action.outcome.kind === 'unknown') {
        this.#perhaps.push({ calledMs, action });
        continue;
      } else if (action.outcome.kind === 'written') {
        this.#made.add(action.outcome.version);
      }
      this.#left.push(one);
    }
  }

  explain(): string | null {
    while (this.#left.length > 0) {
      const { due, deadlineMs } = this.#due();
      if (this.#takeOne(due) || this.#takePerhaps(deadlineMs)) continue;
      const { version, value } = this.#state;
      return `with version ${version} "${value}" after ${this.#count} operations, none of these can be next: ${due.map(describeOperation).join('; ')}`;
    }
    return null;
  }

  /** Those that may be next: called before any other that is left was answered. */
  #due(): { due: Operation[]; deadlineMs: number } {
    let deadlineMs = Infinity;
    const due: Operation[] = [];
    for (const one of this.#left) {
      if (one.calledMs > deadlineMs) break;
      due.push(one);
      deadlineMs = Math.min(deadlineMs, one.answeredMs);
    }
    return { due: due.filter(({ calledMs }) => calledMs <= deadlineMs), deadlineMs };
  }

  /** What changes nothing comes first: later it might not fit. */
  #takeOne(due: readonly Operation[]): boolean {
    const isWrite = ({ action }: Operation): boolean => action.kind === 'write' && action.outcome.kind === 'written';
    for (const one of [...due.filter((each) => !isWrite(each)), ...due.filter(isWrite)]) {
      const next = apply(this.#state, one.action);
      if (next === null) continue;
      this.#state = next;
      this.#count++;
      this.#left.splice(this.#left.indexOf(one), 1);
      return true;
    }
    return false;
  }

  /** The one whose value was seen; else one that fits nowhere else; else the earliest, for any later one would do as well. */
  #takePerhaps(deadlineMs: number): boolean {
    const version = this.#state.version + 1;
    if (this.#made.has(version)) return false;
    const value = this.#seen.get(version);
    const fits = this.#perhaps.filter(({ calledMs, action }) => {
      const isRight = value === undefined ? !this.#seenValues.has(action.value) : action.value === value;
      return calledMs <= deadlineMs && isRight && apply(this.#state, action) !== null;
    });
    const taken = fits.find(({ action }) => action.expects !== null) ?? fits[0];
    if (taken === undefined) return false;
    this.#perhaps.splice(this.#perhaps.indexOf(taken), 1);
    this.#state = { version, value: taken.action.value };
    return true;
  }
}

/** @returns the node's data afterwards; null when it could not have ended like this here */
function apply(state: Register, action: Action): Register | null {
  if (action.kind === 'read') return action.saw.version === state.version && action.saw.value === state.value ? state : null;
  const { expects, outcome, value } = action;
  const fits = expects === null || expects === state.version;
  if (outcome.kind === 'badVersion') return fits ? null : state;
  if (!fits) return null;
  const version = state.version + 1;
  return outcome.kind === 'unknown' || outcome.version === version ? { version, value } : null;
}

function describeOperation({ client, calledMs, answeredMs, action }: Operation): string {
  const when = `${client} ${calledMs.toFixed(1)}-${answeredMs.toFixed(1)} ms`;
  if (action.kind === 'read') return `${when} read version ${action.saw.version} "${action.saw.value}"`;
  const { outcome, expects, value } = action;
  const ended = outcome.kind === 'written' ? `became version ${outcome.version}` : outcome.kind;
  return `${when} set "${value}"${expects === null ? '' : ` over version ${expects}`}: ${ended}`;
}
