/** The languages say the same things, and no template says anything by itself. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseVue } from 'vue/compiler-sfc';
import { describe, expect, test } from 'vitest';
import { HINTS } from '../../../src/contract/hints.ts';
import { REASONS } from '../../../src/contract/reasons.ts';
import { en } from '../../../src/view/i18n/en/index.ts';
import { i18n, languageFor } from '../../../src/view/i18n/i18n.ts';
import { zhCn } from '../../../src/view/i18n/zh-cn/index.ts';

const VIEW = join(import.meta.dirname, '../../../src/view');

function textsOf(messages: object, at = ''): Map<string, string> {
  const out = new Map<string, string>();
  for (const [key, value] of Object.entries(messages) as [string, string | object][]) {
    if (typeof value === 'string') out.set(`${at}${key}`, value);
    else for (const [inner, text] of textsOf(value, `${at}${key}.`)) out.set(inner, text);
  }
  return out;
}

const english = textsOf(en);
const chinese = textsOf(zhCn);
const parametersOf = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

describe('messages', () => {
  test('both languages have the same keys', () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort());
  });

  test('the same parameters stand in both', () => {
    for (const [key, text] of english) expect([key, parametersOf(chinese.get(key) ?? '')]).toEqual([key, parametersOf(text)]);
  });

  test('none is empty in one language only, and every one can be read by the message format', () => {
    for (const [language, texts] of [['en', english], ['zh-CN', chinese]] as const) {
      i18n.global.locale.value = language;
      for (const [key, text] of texts) {
        expect([key, text === '']).toEqual([key, english.get(key) === '']);
        if (text !== '') expect(i18n.global.t(key, {}, { plural: 2 }), key).not.toBe(key);
      }
    }
  });

  test('no English sentence was left in the Chinese', () => {
    const left = [...english].filter(([key, text]) => chinese.get(key) === text && /[a-z]+ [a-z]+ [a-z]+/i.test(text));
    expect(left.map(([key]) => key)).toEqual([]);
  });

  test('the Chinese calls the roles of servers what the servers call them', () => {
    const translated = [...chinese].filter(([, text]) => /领导者|追随者|跟随者|观察者/.test(text));
    expect(translated).toEqual([]);
  });

  test('every hint of the contract has a text', () => {
    for (const hint of HINTS) expect(english.has(hint), hint).toBe(true);
  });

  test('every reason of the contract has a text', () => {
    for (const name of REASONS) expect(english.has(`reason.${name}`), name).toBe(true);
  });

  test('the language follows the first one that is known', () => {
    expect(languageFor(['zh-TW', 'en'])).toBe('zh-CN');
    expect(languageFor(['de', 'en-GB', 'zh'])).toBe('en');
    expect(languageFor(['de'])).toBe('en');
  });
});

interface TemplateNode {
  readonly type: number;
  readonly content?: unknown;
  readonly children?: readonly TemplateNode[];
  readonly props?: readonly { readonly type: number; readonly name: string; readonly value?: { readonly content: string } }[];
}

const TEXT = 2;
const ATTRIBUTE = 6;
/** Attributes that people read or hear. */
const SPOKEN = new Set(['alt', 'aria-label', 'confirm', 'description', 'hint', 'label', 'placeholder', 'text', 'title']);
const hasWords = (text: string): boolean => /\p{L}/u.test(text);

function literalsIn(node: TemplateNode): string[] {
  const own = node.type === TEXT && typeof node.content === 'string' && hasWords(node.content) ? [node.content.trim()] : [];
  const spoken = (node.props ?? [])
    .filter(({ type, name, value }) => type === ATTRIBUTE && SPOKEN.has(name) && hasWords(value?.content ?? ''))
    .map(({ name, value }) => `${name}="${value?.content ?? ''}"`);
  return [...own, ...spoken, ...(node.children ?? []).flatMap(literalsIn)];
}

describe('templates', () => {
  const files = readdirSync(VIEW, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.vue')).sort();

  test('there are some', () => expect(files.length).toBeGreaterThan(30));

  test.each(files)('%s holds no literal text', (file) => {
    const { descriptor } = parseVue(readFileSync(join(VIEW, file), 'utf8'), { filename: file });
    const root = descriptor.template?.ast as TemplateNode | undefined;
    expect(root === undefined ? [] : literalsIn(root)).toEqual([]);
  });
});
