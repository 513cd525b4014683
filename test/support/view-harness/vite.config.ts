/** Serves and builds the view on a fake backend; see main.ts. */
import vue from '@vitejs/plugin-vue';
import { join } from 'node:path';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [vue()],
  server: { hmr: { overlay: false } },
  cacheDir: join(import.meta.dirname, '../../../out/view-harness-cache'),
  define: {
    __VUE_I18N_FULL_INSTALL__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
  },
  optimizeDeps: { include: ['vue', 'pinia', 'vue-i18n', 'reka-ui', '@lucide/vue', 'birpc', 'valibot'] },
  worker: { format: 'es' },
  build: { outDir: join(import.meta.dirname, '../../../out/view-harness'), emptyOutDir: true, target: 'es2023', minify: false },
});
