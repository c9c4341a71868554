import { defineConfig } from 'vitest/config';

/** The tiers of the suite. All but `unit` share one PostgreSQL, with a database for each spec file. */
const tiers = ['integration', 'contract', 'conformance', 'crash', 'e2e', 'browser'];

export default defineConfig({
  test: {
    maxWorkers: 2,
    // None of these is a promise: they only end what would wait for ever, and a busy machine must not reach them.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    projects: [
      { extends: true, test: { name: 'unit', include: ['src/**/*.spec.ts'] } },
      ...tiers.map((name) => ({
        extends: true as const,
        test: {
          name,
          include: [`test/${name}/**/*.spec.ts`],
          globalSetup: ['test/support/postgres.setup.ts'],
        },
      })),
    ],
  },
});
