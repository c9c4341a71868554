const hidden = ['credential', 'provider_key', 'claim_id', 'lease_token', 'lease_until', 'headers']
  .map((column) => `'${column}'`)
  .join(', ');

/**
 * What a copy shows, by table: the rows as they are, without leases, keys and credentials. `$1` are the person's
 * sessions, `$2` their orders, `$3` of the sessions those that nobody else pays.
 */
export const exportRows: Record<string, string> = {
  sessions: select('checkout_session', 'id = ANY($1)'),
  orders: select('shop_order', 'id = ANY($2)'),
  order_lines: select('order_line', 'order_id = ANY($2)'),
  fulfillments: select('order_fulfillment', 'order_id = ANY($2)'),
  fulfillment_events: select('order_fulfillment_event', 'order_id = ANY($2)'),
  adjustments: select('order_adjustment', 'order_id = ANY($2)'),
  payments: select('payment_attempt', 'subject_id = ANY($3)'),
  payment_operations: select('payment_operation', `payment_id IN (${attempts()})`),
  disputes: select('payment_dispute', `payment_id IN (${attempts()})`),
  prepared_payments: select('prepared_payment', 'subject_id = ANY($3)'),
  emails: select('email_message', 'order_id = ANY($2)'),
  order_events: select('outbox_event', 'order_id = ANY($2)'),
  webhook_deliveries: select('webhook_delivery', 'order_id = ANY($2)'),
  webhook_bodies: select(
    'webhook_body',
    `id IN (SELECT body_id FROM webhook_delivery WHERE order_id = ANY($2))`,
  ),
  webhook_attempts: select(
    'webhook_attempt',
    `delivery_id IN (SELECT id FROM webhook_delivery WHERE order_id = ANY($2))`,
  ),
  sandbox_webhooks: select(
    'sandbox_agent_webhook',
    `EXISTS (SELECT 1 FROM unnest($1::text[] || $2::text[]) AS known (id) WHERE strpos(body, known.id) > 0)`,
  ),
};

function select(table: string, condition: string): string {
  return `SELECT to_jsonb(t) - ARRAY[${hidden}] AS row FROM ${table} AS t
    WHERE ${condition} AND ($1::text[] IS NOT NULL AND $2::text[] IS NOT NULL AND $3::text[] IS NOT NULL) ORDER BY id`;
}

function attempts(): string {
  return 'SELECT id FROM payment_attempt WHERE subject_id = ANY($3)';
}

/** A copy is for people: what is JSON in a text is shown as JSON. */
const inText = new Set(['snapshot', 'body']);

/** Members that describe one person, of whom there may be two in an order: who pays, and who receives. */
const persons = new Set(['buyer', 'destination', 'fulfillment', 'fulfillment_details']);

/** A row or a reply as this person may see it: what names another person's e-mail is left out. */
export function readable(value: unknown, email: string): unknown {
  if (Array.isArray(value)) return value.map((member) => readable(member, email));
  if (typeof value !== 'object' || value === null) return value;
  const shown = Object.entries(value).filter(
    ([name, member]) => !(persons.has(name) && isOfAnother(member, email)),
  );
  return Object.fromEntries(
    shown.map(([name, member]) => [
      name,
      readable(inText.has(name) && typeof member === 'string' ? parsed(member) : member, email),
    ]),
  );
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isOfAnother(person: unknown, email: string): boolean {
  const { email: named } = (person ?? {}) as { email?: unknown };
  return typeof named === 'string' && named.toLowerCase() !== email;
}
