/** Messages and formats for components: `const { t } = useText()`. */

import { computed, type ComputedRef } from 'vue';
import { i18n, type Language, type MessageKey } from './i18n.ts';

export type TextParams = Readonly<Record<string, string | number>>;

export interface Text {
  /** The message in the language in force; `{name}` stands for `params.name`. */
  readonly t: (key: MessageKey, params?: TextParams) => string;
  /** The same with a count: picks the plural form, and shows `{n}` with group separators. */
  readonly count: (key: MessageKey, n: number, params?: TextParams) => string;
  /** A message by a key made at run time, or undefined when there is none. */
  readonly any: (key: string, params?: TextParams) => string | undefined;
  readonly language: ComputedRef<Language>;
}

const { global } = i18n;
const language = computed<Language>(() => global.locale.value);

const text: Text = {
  t: (key, params = {}) => global.t(key, params),
  count: (key, n, params = {}) => global.t(key, { ...params, n: new Intl.NumberFormat(language.value).format(n) }, n),
  any: (key, params = {}) => (global.te(key, 'en') ? global.t(key, params) : undefined),
  language,
};

/** The messages; reactive to a change of language wherever it is used in a template or computed. */
export function useText(): Text {
  return text;
}
