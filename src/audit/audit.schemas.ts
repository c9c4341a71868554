import { count, instant, orNull, shape, text } from '../common/http/schema.js';

/* Entries as the documentation describes them: what `audit.view.ts` makes. */

const entryMembers = {
  id: text('Id of the entry'),
  position: count('Counts the entries from 1, without a gap'),
  at: instant('When it was changed'),
  actor: text('Whose doing: an agent id, else the part of the shop'),
  action: text('What was done, such as `order.canceled`'),
  subject: text('What it was done to'),
  request_id: orNull(text('The request that did it; null if none did')),
  before: { description: 'What changed, as it was before' },
  after: { description: 'What changed, as it is now' },
  hash: text('SHA-256 over the entry and the one before it'),
};

export const listedEntrySchema = shape('AuditEntry', {
  ...entryMembers,
  'actor_name?': text('What people call the agent'),
});
