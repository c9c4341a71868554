export const deliveryExample = {
  id: 'whd_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  endpoint_id: 'wep_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  event_id: 'evt_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  order_id: 'ord_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  type: 'order_update',
  sequence: 2,
  profile: 'acp-2026-04-17',
  request_id: 'evt_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  state: 'delivered',
  attempt_count: 1,
  next_attempt_at: null,
  last_status: 200,
  last_error: null,
  check: null,
  superseded_by: null,
  occurred_at: '2026-11-22T12:00:00.000Z',
  created_at: '2026-11-22T12:00:00.110Z',
  ended_at: '2026-11-22T12:00:00.250Z',
};

export const deliveryDetailExample = {
  ...deliveryExample,
  body: '{"type":"order_update","data":{"type":"order","id":"ord_..."}}',
  attempts: [
    {
      id: 'wha_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
      at: '2026-11-22T12:00:00.200Z',
      outcome: 'delivered',
      status: 200,
      error: null,
      check: null,
      latency_ms: 41,
      response_excerpt: '',
    },
  ],
};
