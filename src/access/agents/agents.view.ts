import { a, flag, instant, list, orNull, shape, text, word } from '../../common/http/schema.js';
import { signingAlgorithms } from '../signing/signature.js';
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

/** Bodies of requests, by what they are for. */
export const agentExamples = {
  create: {
    'as the settings say': { value: { name: 'Shopping assistant' } },
    'signs its requests': {
      value: {
        name: 'Shopping assistant',
        options: { requestSigning: { required: true, secret: 'a-secret-of-at-least-16-characters' } },
      },
    },
  },
  change: {
    'another name': { value: { name: 'Shopping assistant of Acme' } },
    '201 for a completed purchase': { value: { options: { completeStatusCode: 201 } } },
    'as the settings say': {
      value: { options: { versions: null, completeStatusCode: null, requestSigning: null } },
    },
  },
};

export const agentSchema = shape('Agent', {
  id: text('Id of the agent'),
  name: text('What people call it'),
  options: a(
    'What it may do; null: as the settings `acp.*` say',
    shape('AgentOptions', {
      versions: orNull(list('Versions of the protocol it may use', { type: 'string' })),
      completeStatusCode: orNull({
        type: 'integer',
        enum: [200, 201],
        description: 'Status of a `complete` that made the order',
      }),
      requestSigning: orNull(
        a(
          'How its requests are verified',
          shape('RequestSigning', {
            required: flag('Whether requests that are not signed are refused'),
            algorithm: word('What they are signed by', signingAlgorithms),
            secret: a(
              'What it signs with by `hmac-sha256`',
              shape('MaskedSecret', {
                set: flag('Whether there is one'),
                'last4?': orNull(text('Its end; null if it is too short to show it')),
              }),
            ),
            publicKey: orNull(text('PEM, for `ed25519` and `es256`')),
          }),
        ),
      ),
    }),
  ),
  created_at: instant('When it was made'),
});
