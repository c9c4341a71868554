import type { AuditEntryView } from './audit.view.js';

export const auditEntryExample: AuditEntryView = {
  id: 'aud_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  position: 42,
  at: '2026-11-22T12:00:00.000Z',
  actor: 'agt_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  action: 'order.canceled',
  subject: 'ord_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  request_id: 'req_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  before: { status: 'paid', needs_review: false },
  after: {
    status: 'canceled',
    needs_review: false,
    reason: { hmac_sha256: '3b6f0c7f4c7a0f6c2e9f3d1f5a8f4e0a9b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e' },
  },
  hash: '9d1c4a7e2f5b8c3d6e9f0a1b4c7d8e5f2a3b6c9d0e1f4a7b8c5d2e3f6a9b0c1d',
};
