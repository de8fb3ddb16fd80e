import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/**/*.test.ts', 'plugin/**/*.test.ts', 'extension/**/*.test.ts', 'scripts/**/*.test.ts'],
          // Tests that kill real processes take their time on busy cores.
          testTimeout: 90_000,
          expect: { poll: { timeout: 30_000 } },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/**/*.test.ts'],
          exclude: ['test/extension/**', 'test/peers/**', '**/node_modules/**'],
          testTimeout: 180_000,
          // Controllers take their time on busy cores.
          expect: { poll: { timeout: 30_000, interval: 100 } },
          hookTimeout: 1_800_000,
          // Each file may start its own control plane; two cores carry no more than one at full speed.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'peers',
          include: ['test/peers/**/*.test.ts'],
          // Restores of other tools take minutes.
          testTimeout: 1_800_000,
          expect: { poll: { timeout: 90_000, interval: 200 } },
          // The first time the tools are built.
          hookTimeout: 1_800_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'editor',
          include: ['test/extension/**/*.test.ts'],
          globalSetup: ['test/extension/package-once.ts'],
          testTimeout: 600_000,
          // A window on busy cores takes its time.
          expect: { poll: { timeout: 30_000, interval: 100 } },
          // The first time the editor is installed.
          hookTimeout: 1_800_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
