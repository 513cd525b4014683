import { describe, expect, test } from 'vitest';
import { judge, workspaceWith } from './workspace.ts';

const tidy = (files: Readonly<Record<string, string>>): { exitCode: number | null; output: string } =>
  judge('check-tidy.mjs', workspaceWith(files));

const functionOf = (lines: number): string =>
  `export function long(): void {\n${'  void 0;\n'.repeat(lines - 2)}}\n`;

describe('check-tidy', () => {
  test('accepts what keeps the rules, at their limits', () => {
    const verdict = tidy({
      'src/base/long-file.ts': `${functionOf(70)}${'export {};\n'.repeat(330)}`,
      'src/model/stat.ts': 'export interface Stat { readonly Date: string }\nexport const at = (stat: Stat) => stat.Date;\n',
      'src/view/pages/NodePage.vue': '<script lang="ts">\nexport default {};\n</script>\n',
      'src/hosts/main.ts': 'export const now = Date.now();\n',
    });
    expect(verdict).toEqual({ exitCode: 0, output: 'tidy: 4 files\n' });
  });

  test.each([
    ['a file of 401 lines', 'src/base/a.ts', 'export {};\n'.repeat(401), 'src/base/a.ts:1: 401 lines, at most 400'],
    ['a function of 71 lines', 'src/base/a.ts', `\n${functionOf(71)}`, 'src/base/a.ts:2: function long has 71 lines, at most 70'],
    ['a long function in a component', 'src/view/pages/A.vue', `<script setup lang="ts">\n${functionOf(71)}</script>\n`, 'src/view/pages/A.vue:2: function long has 71 lines'],
    ['work left', 'src/base/a.ts', `export {};\n// ${'TO' + 'DO'}: later\n`, 'src/base/a.ts:2: TO' + 'DO left'],
    ['a default export', 'src/base/a.ts', 'export default 1;\n', 'default export'],
    ['a default function', 'src/base/a.ts', 'export default function a(): void {}\n', 'default export'],
    ['a default by renaming', 'src/base/a.ts', 'const a = 1;\nexport { a as default };\n', 'src/base/a.ts:2: default export'],
    ['an enum', 'src/base/a.ts', 'export enum A { B }\n', 'enum: use'],
    ['camelCase names', 'src/base/someThing.ts', 'export {};\n', 'file names are kebab-case.ts'],
    ['kebab-case components', 'src/view/pages/node-page.vue', '<template><p /></template>\n', 'Vue components PascalCase.vue'],
    ['Date.now in a pure layer', 'src/client/a.ts', 'export const now = () => Date.now();\n', 'Date: take a Clock'],
    ['new Date in a pure layer', 'src/services/a.ts', 'export const now = () => new Date();\n', 'Date: take a Clock'],
    ['chance in a pure layer', 'src/ensemble/tree/a.ts', 'export const any = () => Math.random();\n', 'Math.random: take a Random'],
  ])('refuses %s', (_what, file, text, complaint) => {
    const verdict = tidy({ [file]: text });
    expect(verdict.output).toContain(complaint);
    expect(verdict.output).toContain('tidy: 1 problem\n');
    expect(verdict.exitCode).toBe(1);
  });
});
