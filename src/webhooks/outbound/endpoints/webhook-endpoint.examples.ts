import type { EndpointView } from './webhook-endpoint.view.js';

export const endpointExample: EndpointView = {
  id: 'wep_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  url: 'https://shop.example/hooks/orders',
  agent_id: null,
  description: 'Order management',
  enabled: true,
  events: ['order_create', 'order_update'],
  profile: 'acp-2026-04-17',
  signature_header: null,
  secret_last4: 'p9Qx',
  next_secret_at: null,
  failing_since: null,
  disabled_at: null,
  disabled_reason: null,
  created_at: new Date('2026-11-22T12:00:00.000Z'),
  updated_at: new Date('2026-11-22T12:00:00.000Z'),
};

/** Bodies of requests, by what they are for. */
export const endpointRequests = {
  create: {
    'all orders, to a system of your own': {
      value: { url: 'https://shop.example/hooks/orders', description: 'Order management' },
    },
    'in the form of another platform': {
      value: {
        url: 'https://shop.example/hooks/agent',
        profile: 'openai',
        signature_header: 'Acme-Signature',
        events: ['order_update'],
      },
    },
  },
  change: {
    'another description': { value: { description: 'Order management' } },
    'off for now': { value: { enabled: false } },
    'on again': { value: { enabled: true } },
  },
  rotate: {
    'in an hour': { value: { overlap_seconds: 3600 } },
    'at once': { value: {} },
  },
  preview: { 'a sample order': { value: {} } },
};

export const secretExample = 'whsec_Zk3v0yq7b1mJ8cN5rT2wX9eL4hA6uDgS0fPiKoQzVtE';

export const previewExample = {
  url: 'https://shop.example/hooks/orders',
  headers: {
    'Content-Type': 'application/json',
    'Content-Length': '62',
    'User-Agent': 'Storekeeper/0.1.0',
    'Request-Id': 'evt_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
    Timestamp: '2026-11-22T12:00:00.000Z',
    'Merchant-Signature': `t=1795348800,v1=${'e3b0c442'.repeat(8)}`,
    'Webhook-Id': 'evt_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
    'X-Order-Sequence': '2',
  },
  body: '{"type":"order_update","data":{"type":"order","id":"ord_..."}}',
};
