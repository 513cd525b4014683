import { describe, expect, test } from 'vitest';
import { judge, workspaceWith } from './workspace.ts';

const layers = (files: Readonly<Record<string, string>>): { exitCode: number | null; output: string } =>
  judge('check-layers.mjs', workspaceWith(files));

const empty = 'export {};\n';

describe('check-layers', () => {
  test('accepts imports that are on the list', () => {
    const verdict = layers({
      'src/base/bytes.ts': 'export const size = 1;\n',
      'src/model/zxid.ts': "import { size } from '../base/bytes.ts';\nexport const zxid = size;\n",
      'src/ensemble/tree/changes.ts': 'export interface Change { readonly path: string }\n',
      'src/ensemble/watches/table.ts': "import type { Change } from '../tree/changes.ts';\nexport type Seen = Change;\n",
      'src/ensemble/lab.ts': empty,
      'src/services/lab.ts': "export * from '../ensemble/lab.ts';\n",
      'src/platform/disk.ts': "import { open } from 'node:fs/promises';\nexport const disk = open;\n",
      'src/view/components/Tree.vue': "<script setup lang=\"ts\">\nimport { ref } from 'vue';\nconst open = ref(false);\n</script>\n<template><p>{{ open }}</p></template>\n",
      'src/view/app.ts': "export const pages = () => import('./pages/Home.vue');\n",
      'src/view/pages/Home.vue': '<template><p /></template>\n',
    });
    expect(verdict).toEqual({ exitCode: 0, output: 'layers: 10 files, 4 imports, no cycle\n' });
  });

  test.each([
    ['a layer above', 'src/model/a.ts', "import { x } from '../wire/x.ts';", 'model may not import wire'],
    ['even its types', 'src/model/a.ts', "import type { X } from '../wire/x.ts';", 'model may not import wire'],
    ['a type written in place', 'src/model/a.ts', "export type X = import('../wire/x.ts').X;", 'model may not import wire'],
    ['a re-export', 'src/model/a.ts', "export * from '../wire/x.ts';", 'model may not import wire'],
    ['the other side of the wire', 'src/client/a.ts', "import type { X } from '../ensemble/tree/x.ts';", 'client may not import ensemble/tree'],
    ['another stage', 'src/ensemble/replication/a.ts', "import '../tree/x.ts';", 'ensemble/replication may not import ensemble/tree'],
    ['the whole server', 'src/ensemble/lab.ts', "import './server.ts';", 'ensemble may not import ensemble/server'],
    ['more than a door', 'src/services/a.ts', "import '../ensemble/other.ts';", 'services may import of ensemble only src/ensemble/lab.ts'],
    ['a value where types are allowed', 'src/platform/a.ts', "import { X } from '../client/x.ts';", 'platform may import only types of client'],
    ['inline types, which still load the module', 'src/platform/a.ts', "import { type X } from '../client/x.ts';", 'platform may import only types of client'],
    ['the api from a component', 'src/view/components/A.vue', "<script setup lang=\"ts\">\nimport '../api/x.ts';\n</script>", 'src/view/components/A.vue:2: view/components may not import view/api'],
    ['a Node module', 'src/wire/a.ts', "import 'node:fs';", 'wire may not import node:fs'],
    ['a Node module without its prefix', 'src/platform/a.ts', "import 'fs';", "'fs' is Node's: write node:fs"],
    ['a package', 'src/services/a.ts', "import { x } from 'ws';", 'services may not import the package ws'],
    ['electron outside its host', 'src/hosts/cli/a.ts', "import { app } from 'electron';", 'hosts/cli may not import the package electron'],
    ['a lazy import in a pure layer', 'src/services/a.ts', "export const x = import('../base/x.ts');", "services may not use import('../base/x.ts')"],
    ['a lazy import off the list', 'src/view/stores/a.ts', "export const x = () => import('../pages/x.ts');", 'view/stores may not import view/pages'],
    ['a lazy import of something computed', 'src/hosts/a.ts', 'export const x = (name: string) => import(name);', 'import of something that is no literal'],
    ['require', 'src/hosts/a.ts', "const x = require('ws');", 'require(): use an import'],
    ['a worker by URL', 'src/services/a.ts', "export const x = new URL('../platform/x.ts', import.meta.url);", 'services may not import platform'],
    ['a reference comment', 'src/base/a.ts', '/// <reference types="node" />\nexport {};', '/// <reference> to node'],
    ['a glob', 'src/view/a.ts', "export const x = import.meta.glob('./pages/*.vue');", 'import.meta.glob'],
    ['a missing extension', 'src/base/a.ts', "import './x';", "'./x' is no file"],
    ['something outside src', 'src/base/a.ts', "import '../../test/x.ts';", 'base may not import test/x.ts'],
  ])('refuses %s', (_what, file, text, complaint) => {
    const targets = ['base', 'wire', 'client', 'platform', 'ensemble/tree', 'view/api', 'view/pages'];
    const verdict = layers({
      ...Object.fromEntries(targets.map((target) => [`src/${target}/x.ts`, empty])),
      'src/ensemble/server.ts': empty,
      'src/ensemble/other.ts': empty,
      'test/x.ts': empty,
      [file]: `${text}\n`,
    });
    expect(verdict.output).toContain(complaint);
    expect(verdict.output).toContain('layers: 1 problem\n');
    expect(verdict.exitCode).toBe(1);
  });

  test('reports the path of a cycle, through types and .vue files too', () => {
    const verdict = layers({
      'src/view/pages/Home.vue': "<script setup lang=\"ts\">\nimport { a } from './a.ts';\na();\n</script>\n",
      'src/view/pages/a.ts': "import type { B } from './b.ts';\nexport const a = (): B => 1;\n",
      'src/view/pages/b.ts': "import Home from './Home.vue';\nexport type B = number;\nexport const b = Home;\n",
      'src/view/pages/on-the-way.ts': "import './a.ts';\n",
    });
    expect(verdict.output).toBe(
      'import cycle: src/view/pages/Home.vue -> src/view/pages/a.ts -> src/view/pages/b.ts -> src/view/pages/Home.vue\n' +
        'layers: 1 problem\n',
    );
    expect(verdict.exitCode).toBe(1);
  });

  test('reports a file that imports itself, and every separate cycle once', () => {
    const verdict = layers({
      'src/base/self.ts': "import './self.ts';\n",
      'src/base/one.ts': "import './two.ts';\n",
      'src/base/two.ts': "import './one.ts';\n",
    });
    expect(verdict.output).toContain('import cycle: src/base/self.ts -> src/base/self.ts\n');
    expect(verdict.output).toContain('import cycle: src/base/one.ts -> src/base/two.ts -> src/base/one.ts\n');
    expect(verdict.output).toContain('layers: 2 problems\n');
  });

  test.each(['src/helpers/a.ts', 'src/view/helpers/a.ts', 'src/ensemble/helpers/a.ts', 'src/a.ts'])(
    'refuses %s, which no row covers',
    (file) => {
      const verdict = layers({ [file]: empty });
      expect(verdict.output).toContain(`${file}: no row of scripts/layers.mjs covers this file`);
      expect(verdict.exitCode).toBe(1);
    },
  );

  test('refuses references of a TypeScript project that differ from the table', () => {
    const verdict = layers({
      'src/model/a.ts': empty,
      'src/model/tsconfig.json': '{ "references": [{ "path": "../base" }, { "path": "../wire" }] }',
    });
    expect(verdict.output).toContain('src/model/tsconfig.json: references base, wire, the table says base');
    expect(verdict.exitCode).toBe(1);
  });

  test('refuses a folder without sources, so that a wrong path cannot pass', () => {
    expect(layers({ 'readme.txt': '' }).exitCode).toBe(1);
  });
});
