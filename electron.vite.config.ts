/**
 * The build. main: the Electron process, the command and the server process, as ES modules with shared chunks and
 * every package inside, so that out/ runs without node_modules. preload: one CommonJS file, as a sandboxed preload
 * must be. renderer: the view, served by Electron and by the web host alike.
 * Must hold: only what src/hosts/electron imports reaches `electron`.
 */
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'electron-vite';

const at = (path: string): string => join(import.meta.dirname, path);

/** ws tries these native helpers and works without them. */
const optionalNatives = ['bufferutil', 'utf-8-validate'];
const external = ['electron', ...optionalNatives, ...builtinModules, ...builtinModules.map((name) => `node:${name}`)];

export default defineConfig({
  main: {
    build: {
      outDir: at('out/main'),
      target: 'node20',
      externalizeDeps: false,
      sourcemap: true,
      minify: false,
      rolldownOptions: {
        input: {
          main: at('src/hosts/electron/main.ts'),
          cli: at('src/hosts/cli/main.ts'),
          server: at('src/hosts/server/main.ts'),
        },
        external,
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: at('out/preload'),
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: at('src/hosts/electron/preload.ts') },
        external,
        output: { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
      },
    },
  },
  renderer: {
    root: at('src/view'),
    base: './',
    plugins: [vue()],
    worker: { format: 'es' },
    define: {
      __VUE_I18N_FULL_INSTALL__: 'false',
      __VUE_I18N_LEGACY_API__: 'false',
      __INTLIFY_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_DEVTOOLS__: 'false',
    },
    build: {
      outDir: at('out/renderer'),
      target: 'es2023',
      minify: true,
      chunkSizeWarningLimit: 6000,
      rolldownOptions: { input: at('src/view/index.html') },
    },
  },
});
