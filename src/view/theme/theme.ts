/**
 * Light or dark. In: the person's choice. Out: `data-theme` on the root element, and the theme in force as a ref,
 * for what cannot follow CSS (Monaco, canvases).
 */

import { computed, readonly, ref, type ComputedRef } from 'vue';

export type ThemeChoice = 'system' | 'light' | 'dark';
export type ThemeName = 'light' | 'dark';

const choice = ref<ThemeChoice>('system');
const systemIsDark = ref(false);

const dark = typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : null;
if (dark !== null) {
  systemIsDark.value = dark.matches;
  dark.addEventListener('change', (event) => {
    systemIsDark.value = event.matches;
  });
}

/** The theme in force. */
export const themeInForce: ComputedRef<ThemeName> = computed(() => {
  if (choice.value !== 'system') return choice.value;
  return systemIsDark.value ? 'dark' : 'light';
});

/** What the person chose. */
export const themeChoice = readonly(choice);

/** Puts a choice in force. */
export function applyTheme(next: ThemeChoice): void {
  choice.value = next;
  const root = document.documentElement;
  if (next === 'system') root.removeAttribute('data-theme');
  else root.setAttribute('data-theme', next);
}

/** The value of a design token now, as CSS text; for code that paints by itself. `name` with its two dashes. */
export function tokenValue(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
