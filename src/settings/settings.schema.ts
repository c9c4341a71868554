import { getMetadataStorage } from 'class-validator';
import type { AnyNamespace } from './namespace.js';
import { membersOf } from './settings.validation.js';

type Schema = Record<string, unknown>;
type SettingsClass = new () => object;

/** What `@ApiProperty` says of a member; Swagger keeps it under this name and offers no other way to it. */
const documentedAs = 'swagger/apiModelProperties';

interface Documented {
  description?: string;
  example?: unknown;
  type?: unknown;
  additionalProperties?: unknown;
  propertyNames?: unknown;
}

/**
 * A namespace as JSON Schema 2020-12, read from the decorators that validate it; what a namespace's own checks say is
 * in the descriptions. It describes what `PATCH` takes: any of the members, each of which may also be null.
 */
export function jsonSchemaOf(namespace: AnyNamespace, defaults: object = {}): Schema {
  const { secrets = [] } = namespace;
  // A change names only what it changes: nothing is required.
  const { required: _, ...schema } = objectSchema(namespace);
  const properties = Object.entries(schema.properties as Record<string, Schema>).map(([name, property]) => {
    const { [name]: value } = defaults as Record<string, unknown>;
    const more = secrets.includes(name) ? { writeOnly: true } : value !== undefined && { default: value };
    return [name, { ...orNull(property), ...more }];
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: namespace.namespace,
    ...schema,
    properties: Object.fromEntries(properties) as object,
  };
}

const orNull = (schema: Schema): Schema => ({
  ...schema,
  ...(schema.type !== undefined && { type: [schema.type, 'null'] }),
  ...(Array.isArray(schema.enum) && { enum: [...(schema.enum as unknown[]), null] }),
});

function objectSchema(target: SettingsClass): Schema {
  const members = membersOf(target);
  const required = members.filter(
    (name) => !rulesOf(target, name).some(({ name: rule }) => optionalRules.includes(rule)),
  );
  return {
    type: 'object',
    properties: Object.fromEntries(members.map((name) => [name, memberSchema(target, name)])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

const optionalRules = ['isOptional', 'conditionalValidation'];

interface Rule {
  name: string;
  constraints: unknown[];
  each: boolean;
}

const rulesOf = (target: SettingsClass, member: string): Rule[] =>
  getMetadataStorage()
    .getTargetValidationMetadatas(target, '', false, false)
    .filter(({ propertyName }) => propertyName === member)
    .map(({ name, type, constraints, each }) => ({
      name: name ?? type,
      constraints: (constraints as unknown[] | undefined) ?? [],
      each: each ?? false,
    }));

function memberSchema(target: SettingsClass, member: string): Schema {
  const rules = rulesOf(target, member);
  const documented = (Reflect.getMetadata(documentedAs, target.prototype as object, member) ??
    {}) as Documented;
  const { description, example, additionalProperties, propertyNames } = documented;
  const nested = rules.some(({ name }) => name === 'nestedValidation')
    ? objectSchema(documented.type as SettingsClass)
    : {};
  const isList = rules.some(({ name, each }) => each || name === 'isArray');
  const own = merged(rules.filter(({ each, name }) => !each && name !== 'nestedValidation'));
  const items = { ...merged(rules.filter(({ each }) => each)), ...nested };
  return {
    ...(description !== undefined && { description }),
    ...(isList ? { type: 'array', ...own, items } : { ...own, ...nested }),
    ...(additionalProperties !== undefined && { additionalProperties }),
    ...(propertyNames !== undefined && { propertyNames }),
    ...(example !== undefined && { examples: [example] }),
  };
}

const merged = (rules: Rule[]): Schema => Object.assign({}, ...rules.map(fragment)) as Schema;

/** One rule of class-validator. A test reads every namespace, so one that is missing here is found there. */
function fragment({ name, constraints }: Rule): Schema {
  const [first, second] = constraints as [never, never];
  switch (name) {
    case 'isString':
    case 'isTimeZone':
      return { type: 'string' };
    case 'isEmail':
      return { type: 'string', format: 'email' };
    case 'isUrl':
      return { type: 'string', format: 'uri' };
    case 'isBoolean':
      return { type: 'boolean' };
    case 'isInt':
      return { type: 'integer' };
    case 'isNumber':
      return { type: 'number' };
    case 'isObject':
      return { type: 'object' };
    case 'isArray':
      return { type: 'array' };
    case 'isIn':
      return { enum: first };
    case 'min':
      return { minimum: first };
    case 'max':
      return { maximum: first };
    case 'minLength':
      return { minLength: first };
    case 'maxLength':
      return { type: 'string', maxLength: first };
    case 'isLength':
      return { type: 'string', minLength: first, ...(second !== undefined && { maxLength: second }) };
    case 'matches':
      return { type: 'string', pattern: (first as RegExp).source };
    case 'arrayNotEmpty':
      return { minItems: 1 };
    case 'arrayMinSize':
      return { minItems: first };
    case 'arrayMaxSize':
      return { maxItems: first };
    case 'arrayUnique':
      return { uniqueItems: true };
    case 'isISO31661Alpha2':
      return { type: 'string', pattern: '^[A-Z]{2}$' };
    // The schema then says less than what is validated; a test names the rules that get here.
    default:
      return {};
  }
}
