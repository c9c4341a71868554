import { defineConfig } from 'vitest/config';

/** `npm run test:soak`: long seeded runs, never part of `npm test`. */
export default defineConfig({
  test: {
    name: 'soak',
    include: ['test/soak/**/*.spec.ts'],
    globalSetup: ['test/support/postgres.setup.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
  },
});
