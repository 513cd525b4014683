/**
 * The test suites. `npx vitest run --project unit` runs one; its JSON report goes to out/test-results/<project>.json,
 * which is what scripts/test.mjs adds up.
 */
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';

/** The name after `--project`, or `all` when several or none are chosen. */
function chosenProject(argv: readonly string[]): string {
  const names = argv.flatMap((argument, index) => {
    if (argument.startsWith('--project=')) return [argument.slice('--project='.length)];
    return argument === '--project' ? [argv[index + 1] ?? 'all'] : [];
  });
  const only = names.length === 1 ? names[0] : undefined;
  return only !== undefined && /^[a-z0-9-]+$/.test(only) ? only : 'all';
}

const seconds = (count: number): number => count * 1000;

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ['default', 'json'],
    outputFile: { json: `out/test-results/${chosenProject(process.argv)}.json` },
    projects: [
      {
        plugins: [vue()],
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/tooling/**/*.test.ts', 'test/contract/**/*.test.ts'],
          testTimeout: seconds(20),
          hookTimeout: seconds(30),
        },
      },
      {
        test: {
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: seconds(120),
          hookTimeout: seconds(180),
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: seconds(90),
          hookTimeout: seconds(120),
        },
      },
      {
        test: {
          name: 'sim',
          include: ['test/sim/**/*.test.ts'],
          testTimeout: seconds(300),
          hookTimeout: seconds(30),
        },
      },
    ],
  },
});
