/** What becomes of a table's texts and documents when a buyer is erased. */
export interface TableColumns {
  /** Rewritten or emptied, in the rows that are theirs. */
  erased?: readonly string[];
  /** Ids, codes, states and what the shop, its staff or an agent's program are called: nothing that tells of a buyer. */
  kept: readonly string[];
}

/**
 * Every column of every table that can hold words (text, JSON, bytes, lists of texts). A test compares this list with the
 * database, so that whoever adds a column decides here what becomes of it; `erase-*.ts` do it.
 */
export const personalColumns = {
  agent: { kept: ['id', 'name', 'bootstrap_name', 'options', 'signing_secret'] },
  api_key: { kept: ['id', 'agent_id', 'name', 'prefix', 'hash', 'scopes', 'replaced_by'] },
  // What tells of a person is there as a keyed hash only, so that erasing breaks no chain.
  audit_entry: { kept: ['id', 'actor', 'action', 'subject', 'request_id', 'before', 'after', 'hash'] },
  checkout_session: { erased: ['content'], kept: ['id', 'agent_id', 'state', 'currency'] },
  // Neither address nor text: both are made from the order when it is sent. What is still to be sent is called off.
  email_message: {
    erased: ['state', 'last_error', 'lease_token'],
    kept: ['id', 'order_id', 'kind', 'subject_id'],
  },
  idempotency_claim: {
    erased: ['body'],
    // A key is the agent's random id (with one made of the e-mail the row goes), a fingerprint a SHA-256 of the request.
    kept: ['id', 'agent_id', 'path', 'key', 'fingerprint', 'state', 'lease_token'],
  },
  inventory: { kept: ['item_id'] },
  inventory_hold: { kept: ['holder_id', 'item_id'] },
  inventory_movement: { kept: ['item_id', 'reason', 'reference', 'actor', 'note'] },
  item: { kept: ['id', 'product_id', 'name', 'variant_options', 'delivery'] },
  item_price: { kept: ['item_id', 'currency'] },
  order_adjustment: {
    erased: ['reason', 'description'],
    kept: ['id', 'order_id', 'source_id', 'type', 'status', 'currency', 'line_items'],
  },
  order_fulfillment: {
    erased: ['tracking_number', 'tracking_url', 'description', 'digital_delivery'],
    kept: ['id', 'order_id', 'type', 'carrier', 'line_items'],
  },
  order_fulfillment_event: {
    erased: ['description', 'location'],
    kept: ['id', 'fulfillment_id', 'order_id', 'type'],
  },
  order_line: {
    kept: ['id', 'order_id', 'item_id', 'product_id', 'title', 'description', 'image_url', 'totals'],
  },
  outbox_event: { erased: ['snapshot'], kept: ['id', 'order_id', 'agent_id', 'type'] },
  payment_attempt: {
    erased: ['credential', 'instrument', 'failure'],
    kept: [
      ...['id', 'subject_id', 'claim_id', 'provider', 'state', 'currency', 'provider_key', 'reference'],
      // `request` has ids of ours only; a 3-D Secure transaction is known again by its id, so that it counts once.
      ...['request', 'authentication_id', 'lease_token', 'history'],
    ],
  },
  payment_dispute: {
    kept: ['id', 'payment_id', 'provider', 'reference', 'reason', 'status', 'currency'],
  },
  payment_operation: {
    erased: ['reason', 'failure'],
    kept: [
      ...['id', 'kind', 'payment_id', 'provider', 'payment_reference', 'claim_id', 'currency'],
      ...['requested_by', 'state', 'reference', 'lease_token'],
    ],
  },
  prepared_payment: { kept: ['id', 'subject_id', 'provider', 'kind', 'currency', 'reference', 'url'] },
  product: { kept: ['id', 'name', 'description', 'category', 'images'] },
  provider_mark: { kept: ['provider'] },
  sandbox_agent_webhook: { erased: ['body'], kept: ['id', 'headers'] },
  // Belongs to an agent and names no person: a hash, and four characters of the provider's id.
  saved_token: { kept: ['id', 'agent_id', 'provider', 'hash', 'last4'] },
  setting: { kept: ['namespace', 'values', 'updated_by'] },
  setting_version: { kept: ['namespace', 'values', 'changed', 'updated_by'] },
  shop_order: {
    erased: ['buyer', 'destination', 'notes'],
    kept: [
      ...['id', 'session_id', 'agent_id', 'merchant_status', 'currency', 'totals', 'delivery', 'payment_id'],
    ],
  },
  store: { kept: ['instance_id', 'simulator_id'] },
  webhook_attempt: { erased: ['response_excerpt'], kept: ['id', 'delivery_id', 'error'] },
  webhook_body: { erased: ['body'], kept: ['id'] },
  webhook_delivery: {
    kept: [
      ...['id', 'endpoint_id', 'event_id', 'order_id', 'type', 'profile', 'request_id', 'body_id', 'state'],
      ...['lease_token', 'superseded_by', 'last_error'],
    ],
  },
  webhook_endpoint: {
    kept: [
      ...['id', 'agent_id', 'url', 'description', 'profile', 'signature_header', 'events', 'secret'],
      ...['next_secret', 'disabled_reason'],
    ],
  },
  webhook_event: {
    erased: ['body'],
    kept: [
      ...['id', 'provider', 'event_id', 'type', 'part', 'payment', 'dispute', 'state', 'result'],
      // Made of a list of members that have no room for a name (`summaryOf` of each provider).
      ...['summary', 'lease_token', 'last_error'],
    ],
  },
} as const satisfies Record<string, TableColumns>;

/** Tables of which something is erased. */
export type ErasedTable = {
  [Table in keyof typeof personalColumns]: (typeof personalColumns)[Table] extends {
    erased: readonly string[];
  }
    ? Table
    : never;
}[keyof typeof personalColumns];

/** Rows that were changed, by table. */
export type Erased = Record<ErasedTable, number>;

export const erasedTables = Object.entries(personalColumns)
  .filter(([, columns]) => 'erased' in columns)
  .map(([table]) => table as ErasedTable);

export const nothingErased = (): Erased =>
  Object.fromEntries(erasedTables.map((table) => [table, 0])) as Erased;

export const sumOf = (...parts: Partial<Erased>[]): Erased =>
  parts.reduce<Erased>((sum, part) => {
    for (const table of erasedTables) sum[table] += part[table] ?? 0;
    return sum;
  }, nothingErased());
