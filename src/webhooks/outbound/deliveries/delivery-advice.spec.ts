import { describe, expect, it } from 'vitest';
import { whatToCheck } from './delivery-advice.js';

describe('what to check after a failed delivery', () => {
  it.each([
    [401, null, /same secret/],
    [403, null, /secret.*firewall/],
    [404, null, /path of the endpoint/],
    [410, null, /given this address up/],
    [302, null, /final address/],
    [308, 'http_308', /final address/],
    [429, null, /more slowly/],
    [418, null, /response of the attempt/],
    [500, null, /receiver failed/],
    [503, 'http_503', /receiver failed/],
    [504, 'http_504', /receiver failed/],
    [408, 'http_408', /in time/],
    [null, 'timeout', /in time/],
    [null, 'dns', /resolved/],
    [null, 'tls', /certificate/],
    [null, 'connect', /receiver is up/],
    [null, 'reset', /proxy/],
    [null, 'protocol', /short body/],
    [null, 'secret', /SETTINGS_ENCRYPTION_KEY/],
    [null, 'refused_address', /public/],
    [null, 'never heard of', /no answer/],
    [null, null, /no answer/],
  ])('says it for status %s, error %s', (status, error, sentence) => {
    expect(whatToCheck({ status, error })).toMatch(sentence);
  });

  it('is one whole sentence for every status there is', () => {
    for (let status = 100; status < 600; status += 1)
      expect(whatToCheck({ status, error: null })).toMatch(/^[A-Z].*\.$/);
  });
});
