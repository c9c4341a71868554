import { apiErrors } from '../common/api-error.js';
import { isTimestamp } from '../common/http/timestamp.js';

/** What a list of audit entries is narrowed to; all that is there has to hold. */
export interface AuditFilter {
  actor?: string;
  action?: string;
  /** The first part of the action: `order` for `order.`. */
  thing?: string;
  subject?: string;
  requestId?: string;
  from?: Date;
  to?: Date;
}

/** As the API's documentation has it. */
export const auditFilters = {
  actor: 'Who: the id of an agent, `cli` or `boot`',
  action: 'Such as `order.canceled`; with a dot at the end all of a kind: `order.`',
  subject: 'The id of what was changed, or the namespace of a setting',
  request_id: 'The `Request-Id` of the request that changed it',
  from: 'RFC 3339, such as `2026-11-01T00:00:00Z`',
  to: 'RFC 3339',
};

const visibleText = /^[\x21-\x7e]{1,255}$/;

/** Reads the filters of a query string. Throws a 400 that names the first one that means nothing. */
export function parseAuditFilter(query: Record<string, unknown>): AuditFilter {
  const read = <T>(
    name: keyof typeof auditFilters,
    meaning: (text: string) => T | undefined,
    wanted: string,
  ): T | undefined => {
    const text = query[name];
    if (text === undefined) return undefined;
    const value = typeof text === 'string' ? meaning(text) : undefined;
    if (value === undefined) throw apiErrors.invalid(`$.${name}`, `${name} must be ${wanted}.`);
    return value;
  };
  const visible = (text: string): string | undefined => (visibleText.test(text) ? text : undefined);
  const timeOf = (text: string): Date | undefined => (isTimestamp(text) ? new Date(text) : undefined);
  return {
    actor: read('actor', visible, 'the id of an agent, cli or boot'),
    ...read('action', actionOf, 'an action such as order.canceled, or its beginning with the dot: order.'),
    subject: read('subject', visible, 'the id of what was changed'),
    requestId: read('request_id', visible, 'the id of a request'),
    from: read('from', timeOf, 'an RFC 3339 time'),
    to: read('to', timeOf, 'an RFC 3339 time'),
  };
}

function actionOf(text: string): Pick<AuditFilter, 'action' | 'thing'> | undefined {
  const [, thing, verb] = /^([a-z_]{1,60})\.([a-z_]{0,60})$/.exec(text) ?? [];
  if (thing === undefined) return undefined;
  return verb ? { action: text } : { thing };
}
