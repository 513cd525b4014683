/**
 * Between a node's bytes and what is shown of them. In: the bytes in the store and the mode a person chose.
 * Out: text or bytes for an editor, and what must be said about them. Must hold: only an edit makes new bytes,
 * and what is typed into text keeps the byte order mark and the line endings that the value had.
 */

import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import { jsonProblem, type JsonProblem } from '../../editor/value/json-text.ts';
import { fromText, lineEndingOf, withLineEnding, type LineEnding } from '../../editor/value/text-form.ts';
import { detect, type Detected } from '../../editor/value/value-kind.ts';
import { editorGuards, shownMode, type Shown, type ShownMode, type ViewMode } from '../../editor/value/view-mode.ts';
import { xmlProblem, type XmlProblem } from '../../editor/value/xml-text.ts';
import type { NodeData } from '../../stores/node.ts';

export type ValueProblem = { readonly kind: 'json'; readonly problem: JsonProblem } | { readonly kind: 'xml'; readonly problem: XmlProblem };

/** A problem as it is shown: line and column from 1. */
export interface ShownProblem {
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** Texts above this are not checked while typing. */
const CHECK_UNITS_MAX = 2_000_000;
const CHECK_AFTER_MS = 300;

export interface ValueView {
  readonly mode: Ref<ViewMode>;
  readonly detected: ShallowRef<Detected>;
  readonly shown: ComputedRef<Shown>;
  /** What the text editor has; meaningful in all modes but hex. */
  readonly text: Ref<string>;
  readonly bom: Ref<boolean>;
  readonly lineEnding: ComputedRef<LineEnding>;
  readonly longLine: Ref<boolean>;
  readonly problem: ShallowRef<ValueProblem | null>;
  /** Called by the text editor. */
  readonly typed: (text: string) => void;
  /** Called by the hex editor. */
  readonly hexEdited: (data: NonNullable<NodeData>) => void;
  /** Puts a whole new value in, as an edit, and looks at it anew. */
  readonly put: (data: NodeData) => void;
  /** Shows the value in another way. */
  readonly show: (mode: ViewMode) => void;
  /** Looks at the value anew: after it was saved it may be of another kind than when it was opened. */
  readonly detectAgain: () => void;
  /** Makes all lines end alike, as an edit. */
  readonly setLineEnding: (ending: 'lf' | 'crlf') => void;
}

/** What is wrong with a text of a kind that can be judged. */
function problemOf(text: string, mode: ShownMode): ValueProblem | null {
  if (text.length > CHECK_UNITS_MAX || text.trim() === '') return null;
  if (mode === 'json') {
    const problem = jsonProblem(text);
    return problem === null ? null : { kind: 'json', problem };
  }
  const problem = mode === 'xml' ? xmlProblem(text) : null;
  return problem === null ? null : { kind: 'xml', problem };
}

/** @param change hands new bytes to the store */
export function useValueView(data: () => NodeData, change: (data: NodeData) => void): ValueView {
  const mode = ref<ViewMode>('auto');
  const detected = shallowRef<Detected>(detect(data()));
  const text = ref(detected.value.form?.text ?? '');
  const bom = ref(detected.value.form?.bom ?? false);
  const longLine = ref(false);
  const problem = shallowRef<ValueProblem | null>(null);
  /** The bytes that this view made last: when they come back from the store, there is nothing to do. */
  let own: NodeData | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  // By the length at the time of detection: a value must not change its view while it is typed into.
  const detectedLength = ref(data()?.length ?? 0);
  const shown = computed(() => shownMode(mode.value, detected.value, detectedLength.value));
  const lineEnding = computed(() => lineEndingOf(text.value));

  function adopt(next: NodeData): void {
    own = next;
    detected.value = detect(next);
    detectedLength.value = next?.length ?? 0;
    text.value = detected.value.form?.text ?? '';
    bom.value = detected.value.form?.bom ?? false;
    longLine.value = !editorGuards(text.value).wrap;
    checkSoon();
  }

  function checkSoon(): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      problem.value = problemOf(text.value, shown.value.mode);
    }, CHECK_AFTER_MS);
  }

  function typed(next: string): void {
    if (shown.value.mode === 'hex' || shown.value.textLocked) return;
    text.value = next;
    own = fromText(next, bom.value) as Uint8Array<ArrayBuffer>;
    change(own);
    checkSoon();
  }

  function hexEdited(next: NonNullable<NodeData>): void {
    own = next;
    change(next);
  }

  function put(next: NodeData): void {
    change(next);
    adopt(next);
  }

  function setLineEnding(ending: 'lf' | 'crlf'): void {
    put(fromText(withLineEnding(text.value, ending), bom.value) as Uint8Array<ArrayBuffer>);
  }

  function show(next: ViewMode): void {
    mode.value = next;
  }

  watch(data, (next) => {
    if (next !== own) adopt(next);
  });
  const detectAgain = (): void => adopt(data());
  watch(mode, detectAgain);
  adopt(data());

  return { mode, detected, shown, text, bom, lineEnding, longLine, problem, typed, hexEdited, put, show, detectAgain, setLineEnding };
}
