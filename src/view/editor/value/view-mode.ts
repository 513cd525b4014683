/**
 * Which view a value gets, and what an editor must switch off to stay quick with it.
 * In: what was detected, what the person chose. Out: a mode that can show the bytes faithfully, and why it was taken.
 */

import { editableAsText, lineMeasures } from './text-form.ts';
import type { Detected } from './value-kind.ts';

/** What the person can choose. */
export const VIEW_MODES = ['auto', 'json', 'xml', 'yaml', 'properties', 'text', 'hex'] as const;
export type ViewMode = (typeof VIEW_MODES)[number];
/** What is shown. */
export type ShownMode = Exclude<ViewMode, 'auto'>;

/** Why the view is not what was asked for, or may not be edited as it is. */
export type ModeNote = 'notUtf8' | 'controls' | 'huge' | 'mixedLineEndings' | 'oldMacLineEndings';

export interface Shown {
  readonly mode: ShownMode;
  readonly note: ModeNote | null;
  /** The text editor could not give the bytes back unchanged: shown, not edited. */
  readonly textLocked: boolean;
}

/** Above this a value is opened as hex; text can still be asked for. */
export const TEXT_BYTES_MAX = 4 * 1024 * 1024;

/** The view for a value. Binary data is never shown as text, whatever was chosen. */
export function shownMode(chosen: ViewMode, detected: Detected, bytesLength: number): Shown {
  const { kind, form } = detected;
  const hex = (note: ModeNote | null): Shown => ({ mode: 'hex', note, textLocked: false });
  if (chosen === 'hex') return hex(null);
  if (kind === 'null' || kind === 'empty') return { mode: chosen === 'auto' ? 'text' : chosen, note: null, textLocked: false };
  if (form === null) return hex('notUtf8');
  if (chosen === 'auto' && kind === 'binary') return hex('controls');
  if (chosen === 'auto' && bytesLength > TEXT_BYTES_MAX) return hex('huge');
  const mode = chosen !== 'auto' ? chosen : kind === 'binary' ? 'hex' : kind;
  if (editableAsText(form.lineEnding)) return { mode, note: null, textLocked: false };
  return { mode, note: form.lineEnding === 'cr' ? 'oldMacLineEndings' : 'mixedLineEndings', textLocked: true };
}

/** What the editor switches off. */
export interface EditorGuards {
  /** Colours, folding and language checks. */
  readonly language: boolean;
  /** Wrapping of long lines: measuring one line of 800 kB holds the window up. */
  readonly wrap: boolean;
}

const LINE_UNITS_MAX = 20_000;
const TEXT_UNITS_MAX = 2_000_000;
const LINES_MAX = 100_000;

/** What the editor can afford for a text of this shape. */
export function editorGuards(text: string): EditorGuards {
  if (text.length <= LINE_UNITS_MAX) return { language: true, wrap: true };
  const { longest, lines } = lineMeasures(text);
  const longLine = longest > LINE_UNITS_MAX;
  return { language: !longLine && text.length <= TEXT_UNITS_MAX && lines <= LINES_MAX, wrap: !longLine };
}

/** Monaco's name of a mode's language. */
export function languageOf(mode: ShownMode): string {
  switch (mode) {
    case 'json':
    case 'xml':
    case 'yaml':
    case 'properties':
      return mode;
    default:
      return 'plaintext';
  }
}
