import { describe, expect, it } from 'vitest';
import { type GrantedToken, objection } from './stripe.preflight.js';

const total = { amount: 5000, currency: 'usd' };
const now = 1_800_000_000;
const token = (limits: object = {}, rest: Partial<GrantedToken> = {}): GrantedToken => ({
  deactivated_reason: null,
  usage_limits: { currency: 'usd', max_amount: 5000, expires_at: now + 3600, ...limits },
  usage_details: { amount_captured: { value: 0 } },
  ...rest,
});

describe('what a shared payment token says before it is charged', () => {
  it.each([
    [token({}, { deactivated_reason: 'consumed' }), 'credential_consumed'],
    [token({}, { deactivated_reason: 'resolved' }), 'credential_consumed'],
    [token({}, { deactivated_reason: 'expired' }), 'credential_expired'],
    [token({}, { deactivated_reason: 'revoked' }), 'credential_revoked'],
    [token({ expires_at: now - 61 }), 'credential_expired'],
    [token({ currency: 'eur' }), 'currency_mismatch'],
    [token({ max_amount: 4999 }), 'limit_exceeded'],
    [token({}, { usage_details: { amount_captured: { value: 1 } } }), 'limit_exceeded'],
  ])('%j: %s', (granted, reason) => {
    expect(objection(granted, total, now)).toMatchObject({ state: 'declined', failure: { reason } });
  });

  it.each([token(), token({ expires_at: now - 59 }), token({ expires_at: null }), {}])(
    '%j: nothing against it',
    (granted) => {
      expect(objection(granted, total, now)).toBeNull();
    },
  );
});
