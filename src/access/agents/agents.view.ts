import type { Agent } from './agent.entity.js';

/** An agent as the merchant sees it. An option that is null is the shop's. */
export const agentView = ({ id, name, options, createdAt }: Agent): object => ({
  id,
  name,
  options: {
    versions: options.versions ?? null,
    completeStatusCode: options.completeStatusCode ?? null,
    requestSigning: options.requestSigning ? signingView(options.requestSigning) : null,
  },
  created_at: createdAt,
});

function signingView({
  required,
  algorithm,
  publicKey,
  secretLast4,
}: NonNullable<Agent['options']['requestSigning']>): object {
  return {
    required,
    algorithm,
    secret: secretLast4 === undefined ? { set: false } : { set: true, last4: secretLast4 },
    publicKey: publicKey ?? null,
  };
}

export const agentExample = {
  id: 'agt_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  name: 'Shopping assistant',
  options: {
    versions: ['2026-04-17'],
    completeStatusCode: 201,
    requestSigning: {
      required: true,
      algorithm: 'hmac-sha256',
      secret: { set: true, last4: '7f3a' },
      publicKey: null,
    },
  },
  created_at: '2026-11-22T12:00:00.000Z',
};
