import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AcpSettings } from '../acp.settings.js';
import { effectiveOptions, type StoredAgentOptions, withChanges } from './agent-options.js';

const publicKey = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
const shop = (changes: Partial<AcpSettings> = {}): AcpSettings => ({ ...AcpSettings.defaults(), ...changes });

describe('what holds for an agent', () => {
  it('is what the shop says where the agent has nothing of its own', () => {
    const options = effectiveOptions({}, null, shop({ completeStatusCode: 201, requestSigning: 'required' }));
    expect(options).toMatchObject({
      versions: ['2026-04-17'],
      completeStatusCode: 201,
      signing: { mode: 'required', algorithm: 'hmac-sha256' },
    });
  });

  it('is its own where it has some', () => {
    const own: StoredAgentOptions = {
      completeStatusCode: 200,
      requestSigning: { required: false, algorithm: 'ed25519', publicKey },
    };
    const options = effectiveOptions(
      own,
      null,
      shop({ completeStatusCode: 201, requestSigning: 'required' }),
    );
    expect(options).toMatchObject({
      completeStatusCode: 200,
      signing: { mode: 'optional', algorithm: 'ed25519', publicKey },
    });
  });

  it('names no version that is not spoken any more', () => {
    expect(effectiveOptions({ versions: ['2025-09-12'] }, null, shop()).versions).toEqual([]);
  });
});

describe('changing the options of an agent', () => {
  const signed: StoredAgentOptions = {
    completeStatusCode: 201,
    requestSigning: { required: true, algorithm: 'hmac-sha256', secretLast4: '1234' },
  };

  it('leaves alone what is absent and resets what is null', () => {
    expect(withChanges(signed, {})).toEqual(signed);
    expect(withChanges(signed, { completeStatusCode: null }).completeStatusCode).toBeUndefined();
    expect(withChanges(signed, { requestSigning: null }).requestSigning).toBeUndefined();
    expect(withChanges(signed, { requestSigning: { required: false } }).requestSigning).toEqual({
      required: false,
      algorithm: 'hmac-sha256',
      secretLast4: '1234',
    });
  });

  it('keeps of a secret the last four characters only', () => {
    const secret = 'correct-horse-battery';
    const changed = withChanges({}, { requestSigning: { secret, required: true } });
    expect(changed.requestSigning?.secretLast4).toBe('tery');
    expect(JSON.stringify(changed)).not.toContain('correct');
  });

  it.each([
    ['no secret', {}, { required: true }, 'secret'],
    ['the secret taken away', signed, { secret: null }, 'secret'],
    ['an algorithm without its key', signed, { algorithm: 'es256' }, 'publicKey'],
    ['a key of another algorithm', {}, { algorithm: 'es256', publicKey }, 'publicKey'],
    ['a key that is none', {}, { algorithm: 'ed25519', publicKey: 'x' }, 'publicKey'],
  ] as const)('refuses %s', (_, own, requestSigning, member) => {
    expect(() => withChanges(own, { requestSigning })).toThrow(
      expect.objectContaining({
        options: expect.objectContaining({ param: `$.options.requestSigning.${member}` }),
      }),
    );
  });
});
