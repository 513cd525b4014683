/** Loads the editor once, when the first one is shown, with its own texts in the language in force then. */

import { shallowRef, type ShallowRef } from 'vue';
import { useText } from '../i18n/use-text.ts';
import type { Monaco } from './monaco-type.ts';
import { followTheme } from './monaco-theme.ts';

let loading: Promise<Monaco> | null = null;

/** @throws TypeError when the files cannot be loaded; the next call tries again */
export function loadMonaco(): Promise<Monaco> {
  loading ??= load().catch((error: unknown) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function load(): Promise<Monaco> {
  if (useText().language.value === 'zh-CN') await import('monaco-editor/nls/lang/zh-cn');
  const { monaco } = await import('./monaco-setup.ts');
  followTheme(monaco);
  return monaco;
}

/** Monaco when it is there; `failed` when it could not be loaded, for a plain text field in its place. */
export function useMonaco(): { readonly monaco: ShallowRef<Monaco | null>; readonly failed: ShallowRef<boolean> } {
  const monaco = shallowRef<Monaco | null>(null);
  const failed = shallowRef(false);
  void loadMonaco().then(
    (loaded) => {
      monaco.value = loaded;
    },
    () => {
      failed.value = true;
    },
  );
  return { monaco, failed };
}
