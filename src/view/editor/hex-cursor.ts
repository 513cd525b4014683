/** Where the hex view's cursor is, and what is selected. In: the number of bytes. The place after the last byte is one too. */

import { computed, ref, type ComputedRef, type Ref } from 'vue';
import { ROW_BYTES } from './value/hex-text.ts';

/** Nothing to speak while the view has no focus. */
export const NO_SELECTION = '';

export interface HexSelection {
  readonly from: number;
  readonly count: number;
}

export interface HexCursor {
  readonly at: Ref<number>;
  /** The low digit of the byte is next. */
  readonly low: Ref<boolean>;
  /** What is selected; one byte, the one under the cursor, where nothing else is. */
  readonly selection: ComputedRef<HexSelection>;
  moveTo(at: number, extend: boolean): void;
  selectAll(): void;
  /** Moves by a key's name. @param pageRows rows that a page key goes. @returns false for a key that moves nothing */
  move(key: string, extend: boolean, pageRows: number): boolean;
}

export function useHexCursor(length: () => number): HexCursor {
  const at = ref(0);
  const anchor = ref(0);
  const low = ref(false);

  const selection = computed(() => {
    const from = Math.min(at.value, anchor.value);
    const to = Math.max(at.value, anchor.value);
    return { from, count: Math.max(0, Math.min(to + 1, length()) - from) };
  });

  function moveTo(next: number, extend: boolean): void {
    at.value = Math.min(Math.max(next, 0), length());
    if (!extend) anchor.value = at.value;
    low.value = false;
  }

  function move(key: string, extend: boolean, pageRows: number): boolean {
    const rowStart = at.value - (at.value % ROW_BYTES);
    const to: Record<string, number> = {
      ArrowLeft: at.value - 1,
      ArrowRight: at.value + 1,
      ArrowUp: at.value - ROW_BYTES < 0 ? at.value : at.value - ROW_BYTES,
      ArrowDown: at.value + ROW_BYTES,
      PageUp: Math.max(at.value % ROW_BYTES, at.value - pageRows * ROW_BYTES),
      PageDown: at.value + pageRows * ROW_BYTES,
      Home: rowStart,
      End: rowStart + ROW_BYTES - 1,
    };
    const next = to[key];
    if (next === undefined) return false;
    moveTo(next, extend);
    return true;
  }

  return {
    at,
    low,
    selection,
    moveTo,
    move,
    selectAll() {
      anchor.value = 0;
      at.value = Math.max(0, length() - 1);
      low.value = false;
    },
  };
}
