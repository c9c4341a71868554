/** Members that only ever tell of the buyer, in what we have said of a session or an order on any wire. */
const personal = new Set([
  ...['buyer', 'fulfillment_details', 'fulfillment_address', 'shipping_address', 'order_notes'],
  ...['metadata', 'quote_id', 'locale', 'timezone', 'discounts'],
  ...['tracking_number', 'tracking_url', 'digital_delivery', 'location', 'instrument'],
]);

/** Words about a parcel, what happened to it or to the money; elsewhere they are the shop's own. */
const told = new Set(['description', 'reason']);
const toldOf = /^(adj|ful|fev|ref|pop)_/;

/**
 * The JSON text of a reply, a webhook or a snapshot without the person. All of these members are optional in every
 * published schema. A text in which there is nothing to erase stays the same byte for byte; one that is not JSON is
 * nobody's reply and is emptied.
 */
export function erasedJson(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return '{}';
  }
  const left = JSON.stringify(withoutPerson(value));
  return left === JSON.stringify(value) ? text : left;
}

function withoutPerson(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter(isNotOfCode).map(withoutPerson);
  if (typeof value !== 'object' || value === null) return value;
  const { id, type } = value as { id?: unknown; type?: unknown };
  const tells = typeof id === 'string' && toldOf.test(id) && type !== 'dispute';
  const left = Object.entries(value).filter(([name]) => !personal.has(name) && !(tells && told.has(name)));
  return Object.fromEntries(left.map(([name, member]) => [name, withoutPerson(member)]));
}

/** A message that quotes a discount code, which the agent may have made of anything. */
const isNotOfCode = (value: unknown): boolean => {
  const { param } = (value ?? {}) as { param?: unknown };
  return !(typeof param === 'string' && param.startsWith('$.discounts'));
};
