import { describe, expect, it } from 'vitest';
import { describeError } from './logging.js';

describe('describeError', () => {
  it('tells what failed and nothing of what people typed', () => {
    const failed = Object.assign(new Error('duplicate key value violates unique constraint "agent_pkey"'), {
      code: '23505',
      constraint: 'agent_pkey',
      detail: 'Key (email)=(ada@example.com) already exists.',
      parameters: ['ada@example.com', 'tok_visa'],
      query: "INSERT INTO agent VALUES ('ada@example.com')",
    });
    const text = JSON.stringify(describeError(new Error('outer', { cause: failed })));
    expect(text).toContain('agent_pkey');
    expect(text).toContain('23505');
    expect(text).not.toContain('ada@example.com');
    expect(text).not.toContain('tok_visa');
  });
});
