import { expect, test } from 'vitest';
import { judge, workspaceWith } from './workspace.ts';

const built = {
  'out/main/main.js': "import { app } from 'electron';\nimport './chunks/shared.js';\n",
  'out/main/cli.js': "import 'node:fs';\nimport './chunks/shared.js';\n",
  'out/main/server.js': '',
  'out/main/chunks/shared.js': "import './deep.js';\n",
  'out/main/chunks/deep.js': '',
  'out/preload/preload.cjs': '',
  'out/renderer/index.html': '',
};

test('accepts entries that need nothing installed', () => {
  expect(judge('check-build.mjs', workspaceWith(built)).exitCode).toBe(0);
});

test.each([
  ['electron behind the command', { 'out/main/chunks/deep.js': "import 'electron';\n" }, 'out/main/cli.js: reaches out/main/chunks/deep.js, which imports electron'],
  ['a package left outside', { 'out/main/server.js': "await import('ws');\n" }, 'out/main/server.js: reaches out/main/server.js, which imports ws'],
  ['a chunk that is not there', { 'out/main/cli.js': "import './chunks/none.js';\n" }, 'out/main/chunks/none.js: missing'],
])('refuses %s', (_what, changes, complaint) => {
  const verdict = judge('check-build.mjs', workspaceWith({ ...built, ...changes }));
  expect(verdict.output).toContain(complaint);
  expect(verdict.exitCode).toBe(1);
});
