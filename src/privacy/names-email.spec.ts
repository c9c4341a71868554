import { describe, expect, it } from 'vitest';
import { namesEmail } from './names-email.js';

const email = 'ann.b@x.co';

describe('namesEmail', () => {
  it.each([
    'ann.b@x.co',
    '{"email":"Ann.B@X.co"}',
    'mailto:ann.b@x.co?subject=hello',
    'Write to ann.b@x.co.',
    'for <ann.b@x.co>, please',
    JSON.stringify('to:\nann.b@x.co\n'),
    'joann.b@x.co and ann.b@x.co',
  ])('finds it in %s', (text) => expect(namesEmail(text, email)).toBe(true));

  it.each([
    '"joann.b@x.co"',
    '"jo.ann.b@x.co"',
    '"jo+ann.b@x.co"',
    '"ann.b@x.com"',
    '"ann.b@x.co.uk"',
    '"ann.b@x.co-op.example"',
    '"annxb@x.co"',
    '"ann.b@xxco"',
  ])('finds somebody else in %s', (text) => expect(namesEmail(text, email)).toBe(false));
});
