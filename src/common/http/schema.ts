import type { ApiResponseOptions } from '@nestjs/swagger';

/*
 * Words in which the documentation says what a route answers, as JSON Schema 2020-12. What a request takes is said by
 * its DTO class; an answer is made by a view, which is a function, so that its shape is told here.
 */

export type Schema = Extract<ApiResponseOptions, { schema: unknown }>['schema'];
type Inline = Exclude<Schema, { $ref: string }>;

export const text = (description: string, more: Inline = {}): Schema => ({
  type: 'string',
  description,
  ...more,
});
export const word = (description: string, values: readonly string[]): Schema =>
  text(description, { enum: [...values] });
export const instant = (description: string): Schema => text(description, { format: 'date-time' });
export const webAddress = (description: string): Schema => text(description, { format: 'uri' });
export const flag = (description: string): Schema => ({ type: 'boolean', description });
export const count = (description: string, more: Inline = {}): Schema => ({
  type: 'integer',
  description,
  ...more,
});
/** A whole number of cents, paise and the like. */
export const minorUnits = (description: string): Schema => count(`${description}, in minor units`);
export const list = (description: string, items: Schema): Schema => ({ type: 'array', description, items });
/** An object with members of any name. */
export const open = (description: string, members: Schema | true = true): Schema => ({
  type: 'object',
  description,
  additionalProperties: members,
});

/**
 * An object of exactly these members; a name that ends in `?` is of one that may be absent. With a title it becomes a
 * schema of its own in the document, under that name: no two of one title.
 */
export function shape(title: string, members: Record<string, Schema>): Schema {
  const names = Object.keys(members);
  const required = names.filter((name) => !name.endsWith('?'));
  return {
    title,
    type: 'object',
    ...(required.length > 0 && { required }),
    additionalProperties: false,
    properties: Object.fromEntries(
      Object.entries(members).map(([name, schema]) => [name.replace(/\?$/, ''), schema]),
    ),
  };
}

/** A shape in its place: what it is there. */
export const a = (description: string, schema: Schema): Schema => ({ ...schema, description });

/** The same, or null; `description` says what null means. */
export function orNull(schema: Schema): Schema {
  const { description, ...plain } = schema;
  const said = description === undefined ? {} : { description };
  // What has a title is referred to, and a reference cannot be widened.
  if (plain.title !== undefined || typeof plain.type !== 'string')
    return { ...said, anyOf: [plain, { type: 'null' }] };
  return {
    ...said,
    ...plain,
    type: [plain.type, 'null'],
    ...(plain.enum && { enum: [...(plain.enum as unknown[]), null] }),
  };
}

/** One page of a list. */
export const pageOf = (schema: Schema): Schema =>
  shape(`${schema.title}Page`, {
    data: list('What is on this page', schema),
    next_cursor: orNull(text('To be sent as `cursor` for the next page; null on the last one')),
  });
