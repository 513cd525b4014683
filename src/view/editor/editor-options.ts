/** Monaco's options for node data: quiet, exact, and able to open anything. */

import type { editor } from 'monaco-editor/editor';
import { MONACO_THEME } from './monaco-theme.ts';
import { tokenValue } from '../theme/theme.ts';

/** What all our editors share. */
export function sharedOptions(): editor.IEditorOptions & editor.IGlobalEditorOptions {
  return {
    theme: MONACO_THEME,
    fontFamily: tokenValue('--font-mono'),
    fontSize: 12.5,
    lineHeight: 19,
    fontLigatures: false,
    minimap: { enabled: false },
    scrollBeyondLastLine: false,
    overviewRulerLanes: 2,
    overviewRulerBorder: false,
    hideCursorInOverviewRuler: true,
    scrollbar: { verticalScrollbarSize: 10, horizontalScrollbarSize: 10, useShadows: false },
    padding: { top: 6, bottom: 6 },
    lineNumbersMinChars: 4,
    lineDecorationsWidth: 8,
    renderLineHighlight: 'line',
    renderLineHighlightOnlyWhenFocus: true,
    renderWhitespace: 'selection',
    renderControlCharacters: true,
    // Asking about or removing unusual line terminators would change data that nobody edited.
    unusualLineTerminators: 'off',
    unicodeHighlight: { ambiguousCharacters: false, invisibleCharacters: true },
    trimAutoWhitespace: false,
    autoClosingBrackets: 'never',
    autoClosingQuotes: 'never',
    autoSurround: 'never',
    wordBasedSuggestions: 'off',
    quickSuggestions: false,
    suggestOnTriggerCharacters: false,
    stickyScroll: { enabled: false },
    links: false,
    largeFileOptimizations: true,
    maxTokenizationLineLength: 20_000,
    stopRenderingLineAfter: 10_000,
    // Widgets at the body would lie below dialogs.
    fixedOverflowWidgets: false,
  };
}
