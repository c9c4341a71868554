import { describe, expect, it } from 'vitest';
import { StartError } from './common/start-error.js';
import { ConfigError } from './config/config.js';
import { DataDirInUseError } from './database/embedded/embedded-postgres.error.js';
import { explain } from './start-failure.js';

const withCode = (message: string, code: string): Error => Object.assign(new Error(message), { code });

describe('what a failed start prints', () => {
  it.each([
    [new ConfigError(['PORT must be a number']), 'The environment is not usable:\n  - PORT must be a number'],
    [
      new DataDirInUseError('/data', 7),
      expect.stringMatching(/^DATA_DIR \/data is in use by process 7: .*\.$/),
    ],
    [new StartError('Port 3000 is taken; set PORT.'), 'Port 3000 is taken; set PORT.'],
  ])('is the sentence of a refusal (%s)', (error, sentence) => {
    expect(explain(error)).toEqual(sentence);
  });

  it.each([
    [
      withCode('connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED'),
      'PostgreSQL cannot be reached (connect ECONNREFUSED 127.0.0.1:1)',
    ],
    [
      withCode('getaddrinfo ENOTFOUND db', 'ENOTFOUND'),
      'PostgreSQL cannot be reached (getaddrinfo ENOTFOUND db)',
    ],
    [
      new Error('Connection terminated unexpectedly'),
      'PostgreSQL cannot be reached (Connection terminated unexpectedly)',
    ],
    [
      withCode('password authentication failed', '28P01'),
      'PostgreSQL refuses (password authentication failed)',
    ],
    [withCode('database "x" does not exist', '3D000'), 'PostgreSQL refuses (database "x" does not exist)'],
    [
      Object.assign(new AggregateError([new Error('connect ECONNREFUSED ::1:1'), new Error('other')]), {
        code: 'ECONNREFUSED',
      }),
      'PostgreSQL cannot be reached (connect ECONNREFUSED ::1:1)',
    ],
  ])('names the variable to check when the database does not let us in (%s)', (error, beginning) => {
    expect(explain(error)).toBe(`${beginning}: check DATABASE_URL and, if it is set, DATABASE_DIRECT_URL.`);
  });

  it.each([
    new TypeError('Cannot read properties of undefined.'),
    new Error('The store row is missing.'),
    new Error('No full stop'),
    withCode('relation "x" does not exist', '42P01'),
    withCode('Some library gave up.', 'ERR_SOMETHING'),
    'thrown text',
  ])('is everything we know of a surprise (%s)', (error) => {
    expect(explain(error)).toBe(error);
  });
});
