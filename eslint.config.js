/**
 * Lint rules by layer. Directions between layers are held by scripts/check-layers.mjs, sizes and names by
 * scripts/check-tidy.mjs, types by the compiler: here is what none of those sees.
 */
import tseslint from 'typescript-eslint';
import vue from 'eslint-plugin-vue';
import vueParser from 'vue-eslint-parser';

const pureFiles = ['base', 'model', 'wire', 'client', 'ensemble', 'contract', 'services'].map((layer) => `src/${layer}/**/*.ts`);

const insteadOf = {
  'take a Clock (src/base/clock.ts)': [
    'Date', 'performance', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate',
    'clearImmediate', 'queueMicrotask', 'requestAnimationFrame',
  ],
  'take a Random (src/base/random.ts)': ['crypto'],
  'take a Logger (src/base/logger.ts)': ['console'],
  'use Uint8Array and the routines of src/base': ['Buffer', 'TextEncoder', 'TextDecoder', 'atob', 'btoa'],
  'let the host hand it in': [
    'process', 'globalThis', 'global', 'window', 'document', 'navigator', 'localStorage', 'fetch', 'WebSocket',
    'Worker', 'require', '__dirname', '__filename',
  ],
};

const pureGlobals = Object.entries(insteadOf).flatMap(([message, names]) =>
  names.map((name) => ({ name, message: `Pure layer: ${message}.` })),
);

const bareError = {
  selector: 'NewExpression[callee.name="Error"]',
  message: 'Never a bare Error: use an answer, a weather error or a broken invariant by its own class.',
};

const everywhere = {
  'array-callback-return': 'error',
  'eqeqeq': ['error', 'always', { null: 'ignore' }],
  'no-async-promise-executor': 'error',
  'no-cond-assign': 'error',
  'no-constant-binary-expression': 'error',
  'no-constant-condition': ['error', { checkLoops: 'allExceptWhileTrue' }],
  'no-control-regex': 'off',
  'no-debugger': 'error',
  'no-dupe-else-if': 'error',
  'no-duplicate-case': 'error',
  'no-else-return': 'error',
  'no-empty': 'error',
  'no-eval': 'error',
  'no-extend-native': 'error',
  'no-implied-eval': 'error',
  'no-lonely-if': 'error',
  'no-loss-of-precision': 'error',
  'no-new-func': 'error',
  'no-param-reassign': 'error',
  'no-self-assign': 'error',
  'no-self-compare': 'error',
  'no-sparse-arrays': 'error',
  'no-template-curly-in-string': 'error',
  'no-unneeded-ternary': 'error',
  'no-unreachable-loop': 'error',
  'no-unsafe-finally': 'error',
  'no-useless-catch': 'error',
  'no-useless-computed-key': 'error',
  'no-useless-escape': 'error',
  'no-useless-rename': 'error',
  'no-useless-return': 'error',
  'no-var': 'error',
  'object-shorthand': ['error', 'properties'],
  'prefer-const': ['error', { destructuring: 'all' }],
  'radix': 'error',
};

const inTypeScript = {
  '@typescript-eslint/ban-ts-comment': 'error',
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports', disallowTypeAnnotations: false }],
  '@typescript-eslint/no-empty-object-type': 'error',
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-import-type-side-effects': 'error',
  '@typescript-eslint/no-namespace': 'error',
  '@typescript-eslint/no-non-null-assertion': 'error',
  '@typescript-eslint/no-this-alias': 'error',
  '@typescript-eslint/no-unsafe-function-type': 'error',
  '@typescript-eslint/no-unused-expressions': 'error',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
  '@typescript-eslint/no-wrapper-object-types': 'error',
};

/** Rules that need types: what is forgotten here costs a hung session later. */
const withTypes = {
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/no-array-delete': 'error',
  '@typescript-eslint/no-base-to-string': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-for-in-array': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/only-throw-error': 'error',
  '@typescript-eslint/prefer-promise-reject-errors': 'error',
  '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  '@typescript-eslint/unbound-method': 'error',
};

export default tseslint.config(
  { ignores: ['out/**', 'dist/**', 'node_modules/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts', '**/*.mjs', '**/*.js', '**/*.vue'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: { parser: tseslint.parser, ecmaVersion: 2023, sourceType: 'module' },
    rules: { ...everywhere, ...inTypeScript },
  },
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: withTypes,
  },
  {
    files: ['src/**/*.ts', 'src/**/*.vue'],
    rules: { 'no-console': 'error', 'no-restricted-syntax': ['error', bareError] },
  },
  {
    files: pureFiles,
    rules: {
      'no-restricted-globals': ['error', ...pureGlobals],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Pure layer: take a Random (src/base/random.ts).' },
      ],
    },
  },
  {
    files: ['src/platform/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', { name: 'Buffer', message: 'Use Uint8Array: a Buffer shares its pool and lies to deep equality.' }],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', '@typescript-eslint/unbound-method': 'off' },
  },
  ...vue.configs['flat/essential'].map((config) => ({ ...config, files: ['src/**/*.vue'] })),
  {
    files: ['src/**/*.vue'],
    languageOptions: {
      parser: vueParser,
      parserOptions: { parser: tseslint.parser, ecmaVersion: 2023, sourceType: 'module' },
    },
    rules: {
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/block-order': ['error', { order: ['script', 'template', 'style'] }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/define-emits-declaration': ['error', 'type-based'],
      'vue/define-props-declaration': ['error', 'type-based'],
      'vue/multi-word-component-names': 'off',
      'vue/no-ref-object-reactivity-loss': 'error',
      'vue/no-unused-refs': 'error',
      'vue/no-v-html': 'error',
      'vue/prefer-true-attribute-shorthand': 'error',
      'vue/require-typed-ref': 'error',
    },
  },
);
