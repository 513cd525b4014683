/** The editor's colours, from the design tokens; they follow the app's light and dark. */

import { nextTick, watch } from 'vue';
import { themeInForce, type ThemeName } from '../theme/theme.ts';
import type { Monaco } from './monaco-type.ts';

export const MONACO_THEME = 'zooscope';

/** Which token paints which part of the editor; after a slash, how opaque it is, in two hex digits. */
const PARTS: Readonly<Record<string, string>> = {
  // Brackets in the colours of their level say nothing in data that is laid out.
  'editorBracketHighlight.foreground1': '--text-muted',
  'editorBracketHighlight.foreground2': '--text-muted',
  'editorBracketHighlight.foreground3': '--text-muted',
  'editorBracketHighlight.unexpectedBracket.foreground': '--danger',
  'editor.background': '--bg-sheet',
  'editor.foreground': '--text',
  'editorLineNumber.foreground': '--text-faint',
  'editorLineNumber.activeForeground': '--text',
  'editorCursor.foreground': '--text',
  'editor.selectionBackground': '--bg-selected',
  'editor.inactiveSelectionBackground': '--bg-selected-idle',
  'editor.selectionHighlightBackground': '--bg-press',
  'editor.wordHighlightBackground': '--bg-press',
  'editor.lineHighlightBackground': '--bg-hover',
  'editor.findMatchBackground': '--warning-soft',
  'editor.findMatchHighlightBackground': '--warning-soft',
  'editorBracketMatch.background': '--bg-press',
  'editorBracketMatch.border': '--line-strong',
  'editorIndentGuide.background1': '--line',
  'editorIndentGuide.activeBackground1': '--line-strong',
  'editorWidget.background': '--bg-raised',
  'editorWidget.foreground': '--text',
  'editorWidget.border': '--line-strong',
  'editorHoverWidget.background': '--bg-raised',
  'editorHoverWidget.border': '--line-strong',
  'editorError.foreground': '--danger',
  'editorWarning.foreground': '--warning',
  'editorGhostText.foreground': '--text-faint',
  'input.background': '--bg-field',
  'input.border': '--line-strong',
  'inputOption.activeBorder': '--accent',
  'menu.background': '--bg-raised',
  'menu.foreground': '--text',
  'menu.selectionBackground': '--bg-selected',
  'menu.selectionForeground': '--text',
  'menu.border': '--line-strong',
  'diffEditor.insertedTextBackground': '--success/38',
  'diffEditor.insertedLineBackground': '--success/14',
  'diffEditor.removedTextBackground': '--danger/38',
  'diffEditor.removedLineBackground': '--danger/14',
  'diffEditor.border': '--line',
  'focusBorder': '--focus',
  'scrollbarSlider.background': '--bg-press',
  'scrollbarSlider.hoverBackground': '--bg-press',
  'scrollbarSlider.activeBackground': '--bg-press',
  'editorStickyScroll.background': '--bg-sheet',
};

interface SyntaxColours {
  readonly key: string;
  readonly string: string;
  readonly number: string;
  readonly keyword: string;
  readonly quiet: string;
}

/** Five colours, each readable on the sheet (4.5:1 and more). Keys stand out most: configuration is read by its keys. */
const SYNTAX: Readonly<Record<ThemeName, SyntaxColours>> = {
  light: { key: '0b5394', string: '1a6b3c', number: '9a4b00', keyword: '8a2a86', quiet: '66707b' },
  dark: { key: '8fc1f5', string: '93d1a3', number: 'e8b37a', keyword: 'd9a1dd', quiet: '8d97a3' },
};

/** Defines the theme now and again whenever the app's theme changes. */
export function followTheme(monaco: Monaco): void {
  define(monaco, themeInForce.value);
  // The tokens have their new values only when the document has its new attribute.
  watch(themeInForce, (name) => void nextTick(() => define(monaco, name)));
}

function define(monaco: Monaco, name: ThemeName): void {
  const { key, string, number, keyword, quiet } = SYNTAX[name];
  const painter = createPainter();
  monaco.editor.defineTheme(MONACO_THEME, {
    base: name === 'dark' ? 'vs-dark' : 'vs',
    // Monaco's own rules are more specific than ours in places and would win.
    inherit: false,
    rules: [
      { token: '', foreground: painter.hex('--text').slice(1, 7) },
      { token: 'string.key', foreground: key },
      { token: 'string.value', foreground: string },
      { token: 'string', foreground: string },
      { token: 'number', foreground: number },
      { token: 'constant', foreground: keyword },
      { token: 'keyword', foreground: keyword },
      { token: 'type', foreground: key },
      { token: 'key', foreground: key },
      { token: 'tag', foreground: key },
      { token: 'metatag', foreground: keyword },
      { token: 'attribute.name', foreground: keyword },
      { token: 'attribute.value', foreground: string },
      { token: 'comment', foreground: quiet, fontStyle: 'italic' },
      { token: 'delimiter', foreground: quiet },
    ],
    colors: Object.fromEntries(Object.entries(PARTS).map(([part, token]) => [part, painter.hex(token)])),
  });
  monaco.editor.setTheme(MONACO_THEME);
}

/** Turns tokens, which may be any CSS colour, into the hex digits that Monaco wants, by painting one pixel. */
function createPainter(): { hex(token: string): string } {
  const probe = document.createElement('span');
  // Where less motion is wished, base.css gives everything a very short transition: colours would be read too early.
  probe.style.transitionProperty = 'none';
  document.body.append(probe);
  const canvas = document.createElement('canvas');
  canvas.width = 1;
  canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  // The probe is taken away at once after the last question of this turn.
  queueMicrotask(() => probe.remove());
  return {
    hex(part) {
      const [token = '', alpha] = part.split('/');
      if (context === null) return '#808080';
      probe.style.color = `var(${token})`;
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = getComputedStyle(probe).color;
      context.fillRect(0, 0, 1, 1);
      const pixel = context.getImageData(0, 0, 1, 1).data;
      const digits = [...pixel].map((channel) => channel.toString(16).padStart(2, '0')).join('');
      return `#${alpha === undefined ? digits : digits.slice(0, 6) + alpha}`;
    },
  };
}
