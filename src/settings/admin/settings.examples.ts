/** What Swagger UI shows for the settings; all of it works when pressed against the sandbox. */
export const checkoutExample = {
  namespace: 'checkout',
  version: 1,
  values: {
    sessionTtlMinutes: 45,
    currencies: ['usd', 'inr'],
    links: [{ type: 'terms_of_use', url: 'http://localhost:3000/legal/terms' }],
  },
  defaults: {
    sessionTtlMinutes: 15,
    currencies: ['usd', 'inr'],
    links: [{ type: 'terms_of_use', url: 'http://localhost:3000/legal/terms' }],
  },
  sources: { sessionTtlMinutes: 'stored', currencies: 'default', links: 'default' },
  updated_at: '2026-11-22T12:00:00.000Z',
  updated_by: 'agt_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
};

export const historyExample = {
  version: 1,
  updated_at: '2026-11-22T12:00:00.000Z',
  updated_by: 'agt_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  restored_version: null,
  changes: [{ member: 'sessionTtlMinutes', before: 15, after: 45 }],
  values: { sessionTtlMinutes: 45 },
};

export const previewExample = {
  valid: false,
  errors: [{ param: '$.rates[0].percent', message: 'must not be less than 0' }],
  changes: [{ member: 'rates', before: [], after: [{ country: 'DE', percent: -19 }] }],
};

/** Bodies of a change, by what they are for. */
export const changeExamples = {
  'checkout: sessions that last longer': { value: { sessionTtlMinutes: 45 } },
  'checkout: back to the default': { value: { sessionTtlMinutes: null } },
  'tax: rates': {
    value: {
      rates: [
        { country: 'US', region: 'CA', percent: 8.25 },
        { country: 'IN', percent: 18 },
      ],
    },
  },
  'shipping: options': {
    value: {
      options: [
        {
          id: 'ship_standard',
          title: 'Standard shipping',
          countries: ['US'],
          prices: { usd: 500 },
          minDays: 4,
          maxDays: 6,
        },
      ],
    },
  },
  'payments: capture when shipping': { value: { captureMethod: 'manual' } },
  'payments.stripe: a new webhook secret': {
    value: { webhookSecret: 'whsec_sandbox_2', webhookSecretPrevious: 'whsec_sandbox' },
  },
  'orders: statuses': {
    value: {
      statusMap: {
        pending: 'created',
        paid: 'confirmed',
        on_hold: 'manual_review',
        packing: 'processing',
        engraving: 'processing',
        shipped: 'shipped',
        delivered: 'completed',
        canceled: 'canceled',
      },
    },
  },
};

/** A part of what is answered. */
export const schemasExample = {
  checkout: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'checkout',
    type: 'object',
    properties: {
      sessionTtlMinutes: { description: 'Minutes after which a session expires', type: ['number', 'null'] },
    },
    additionalProperties: false,
  },
};
