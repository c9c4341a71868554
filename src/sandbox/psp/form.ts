/**
 * `application/x-www-form-urlencoded` with nested brackets, as Stripe's SDKs send it:
 * `metadata[attempt_id]=a&expand[0]=latest_charge`. Lists stay objects keyed by position, because only the
 * reader of a parameter knows whether `metadata[0]` is a list item or a key somebody chose.
 */
export interface FormObject {
  [key: string]: FormValue;
}
export type FormValue = string | FormObject;

export class FormError extends Error {}

export function parseForm(text: string): FormObject {
  const root = emptyObject();
  for (const [name, value] of new URLSearchParams(text)) assign(root, keyPath(name), value, name);
  return root;
}

/** Equal for two forms that mean the same, whatever the order of their parameters. */
export function canonicalForm(value: FormValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalForm(member)}`);
  return `{${members.join(',')}}`;
}

/** `a[b][]` becomes `['a', 'b', '']`; a name whose brackets do not balance is one literal key. */
function keyPath(name: string): string[] {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
  if (!match) return [name];
  const rest = [...(match[2] ?? '').matchAll(/\[([^[\]]*)\]/g)].map((part) => part[1] ?? '');
  return [match[1] ?? name, ...rest];
}

function assign(root: FormObject, path: string[], value: string, name: string): void {
  let node = root;
  path.forEach((step, depth) => {
    const key = step === '' ? String(Object.keys(node).length) : step;
    if (depth === path.length - 1) {
      node[key] = value;
      return;
    }
    const next = node[key] ?? emptyObject();
    if (typeof next === 'string') {
      throw new FormError(`The parameter ${name} is sent both as a value and as an object.`);
    }
    node[key] = next;
    node = next;
  });
}

/** Without a prototype, so that a parameter called `__proto__` is a parameter like any other. */
function emptyObject(): FormObject {
  return Object.create(null) as FormObject;
}
