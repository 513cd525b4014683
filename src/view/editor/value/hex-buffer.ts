/**
 * Bytes under edit in the hex view: overwrite, insert, delete, with undo. Pure: each edit gives a new state.
 * Must hold: undoing every edit gives the bytes it began with.
 */

/** `removed` bytes at `at` gave way to `added`. */
export interface HexEdit {
  readonly at: number;
  readonly removed: Uint8Array;
  readonly added: Uint8Array;
}

export interface HexState {
  readonly bytes: Uint8Array;
  readonly undo: readonly HexEdit[];
  readonly redo: readonly HexEdit[];
}

/** Edits that can be undone; older ones are forgotten, since each may hold much data. */
const UNDO_MAX = 1000;

export function hexState(bytes: Uint8Array): HexState {
  return { bytes, undo: [], redo: [] };
}

/** Puts `added` in the place of `count` bytes at `at`. Out of range is cut to what is there. */
export function splice(state: HexState, at: number, count: number, added: Uint8Array): HexState {
  const from = Math.min(Math.max(at, 0), state.bytes.length);
  const removed = state.bytes.slice(from, Math.min(from + Math.max(count, 0), state.bytes.length));
  if (removed.length === 0 && added.length === 0) return state;
  const edit: HexEdit = { at: from, removed, added };
  return { bytes: apply(state.bytes, edit), undo: [...state.undo.slice(-UNDO_MAX + 1), edit], redo: [] };
}

/** Sets half a byte: the high digit when `high`. At the end of the bytes a new one begins. */
export function setDigit(state: HexState, at: number, high: boolean, digit: number): HexState {
  const old = state.bytes[at] ?? 0;
  const byte = high ? (digit << 4) | (old & 0x0f) : (old & 0xf0) | digit;
  return splice(state, at, at < state.bytes.length ? 1 : 0, Uint8Array.of(byte));
}

/** Takes back the last edit; `at` is where it was, or null when there is none. */
export function undo(state: HexState): { readonly state: HexState; readonly at: number | null } {
  const edit = state.undo.at(-1);
  if (edit === undefined) return { state, at: null };
  const back: HexEdit = { at: edit.at, removed: edit.added, added: edit.removed };
  return {
    state: { bytes: apply(state.bytes, back), undo: state.undo.slice(0, -1), redo: [...state.redo, edit] },
    at: edit.at,
  };
}

/** Does again what was last undone. */
export function redo(state: HexState): { readonly state: HexState; readonly at: number | null } {
  const edit = state.redo.at(-1);
  if (edit === undefined) return { state, at: null };
  return {
    state: { bytes: apply(state.bytes, edit), undo: [...state.undo, edit], redo: state.redo.slice(0, -1) },
    at: edit.at,
  };
}

function apply(bytes: Uint8Array, edit: HexEdit): Uint8Array {
  const out = new Uint8Array(bytes.length - edit.removed.length + edit.added.length);
  out.set(bytes.subarray(0, edit.at));
  out.set(edit.added, edit.at);
  out.set(bytes.subarray(edit.at + edit.removed.length), edit.at + edit.added.length);
  return out;
}
