/**
 * The languages and the one in force. vue-i18n interprets messages (no code generation), so that the page's
 * content security policy can forbid `eval`.
 */

import { computed, ref } from 'vue';
import { createI18n } from 'vue-i18n';
import { en } from './en/index.ts';
import type { KeysOf } from './same.ts';
import { zhCn } from './zh-cn/index.ts';

export const LANGUAGES = ['en', 'zh-CN'] as const;
export type Language = (typeof LANGUAGES)[number];
export type LanguageChoice = Language | 'system';

/** Every key of the messages, so that a wrong one does not compile. */
export type MessageKey = KeysOf<typeof en>;

export const i18n = createI18n({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  messages: { en, 'zh-CN': zhCn },
  missingWarn: false,
  fallbackWarn: false,
});

const choice = ref<LanguageChoice>('system');

/** The language that a list of preferred ones asks for: Chinese where it comes before English. */
export function languageFor(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    if (/^zh\b/i.test(tag)) return 'zh-CN';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}

/** What the person chose. */
export const languageChoice = computed<LanguageChoice>(() => choice.value);

/** Puts a language in force, here and on the document. */
export function applyLanguage(next: LanguageChoice): void {
  choice.value = next;
  const language = next === 'system' ? languageFor(navigator.languages) : next;
  i18n.global.locale.value = language;
  document.documentElement.lang = language;
}
