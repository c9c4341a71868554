import { describe, expect, it } from 'vitest';
import { CommitUnknownError, isDatabaseUnavailable, isRerunnable, sqlState } from './database-errors.js';

const withCode = (code: string, message = ''): Error => Object.assign(new Error(message), { code });
const wrapped = (driverError: Error): Error => Object.assign(new Error('QueryFailedError'), { driverError });

describe('database errors', () => {
  it.each(['EPIPE', 'ECONNRESET', 'ECONNREFUSED', '08006', '57P01', '53300', '55P03', '40001', '3D000'])(
    '%s means that the database cannot serve us now, also when wrapped',
    (code) => {
      expect(isDatabaseUnavailable(withCode(code))).toBe(true);
      expect(isDatabaseUnavailable(wrapped(withCode(code)))).toBe(true);
    },
  );

  it('takes a lost COMMIT and a lost connection for the same', () => {
    expect(isDatabaseUnavailable(new CommitUnknownError(new Error()))).toBe(true);
    expect(isDatabaseUnavailable(new Error('Connection terminated unexpectedly'))).toBe(true);
  });

  it.each(['23505', '42P01', '22P02', 'XX000'])('%s is a bug of ours and not an outage', (code) => {
    expect(isDatabaseUnavailable(withCode(code))).toBe(false);
  });

  it('runs again what was rolled back for another one, and nothing else', () => {
    expect(
      ['40001', '40P01', '23505', '57P01', 'EPIPE'].filter((code) => isRerunnable(withCode(code))),
    ).toEqual(['40001', '40P01']);
  });

  it('does not take an error number of the system for one of PostgreSQL', () => {
    expect(sqlState(withCode('EPIPE'))).toBeUndefined();
    expect(sqlState(withCode('P0001'))).toBe('P0001');
  });
});
