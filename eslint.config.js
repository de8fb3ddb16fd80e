import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Files that may print, read the environment and end the process: entries and renderers, nothing else. */
const edges = [
  'plugin/src/main.ts',
  'plugin/src/render/**',
  'plugin/bin/**',
  'scripts/**',
  'test/**',
  'packages/*/src/testing/**',
  'extension/src/extension.ts',
  'extension/src/testing/**',
];

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/.tsbuild/**',
      'test/boundaries/**',
      'test/extension/kubernetes-stub/**',
      // AssemblyScript, which its own compiler checks.
      'packages/core/assembly/**',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: './tsconfig.lint.json', tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { ignoreRestSiblings: true, varsIgnorePattern: '^_', argsIgnorePattern: '^_' },
      ],
      // Byte loops index typed arrays and buffers whose bounds the loop itself holds.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Use a union of string literals.' },
        { selector: 'ExportAllDeclaration', message: 'Name what the door shows.' },
        { selector: 'ExportDefaultDeclaration', message: 'Use a named export.' },
      ],
    },
  },
  {
    files: ['packages/*/src/**', 'plugin/src/**', 'extension/src/**'],
    ignores: [...edges, '**/*.test.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'exit', message: 'Only entries end the process.' },
        { object: 'process', property: 'env', message: 'Only entries read the environment; pass the value in.' },
        { object: 'Date', property: 'now', message: 'Time stands behind a Clock.' },
        { object: 'Math', property: 'random', message: 'Randomness is passed in.' },
      ],
    },
  },
  {
    files: ['**/*.config.{js,ts}', '.dependency-cruiser.cjs', 'plugin/bin/**', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', module: 'writable' } },
    rules: { 'no-restricted-syntax': 'off' },
  },
);
