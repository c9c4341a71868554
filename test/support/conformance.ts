import { existsSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formatsModule from 'ajv-formats';

const formats = formatsModule.default;
const schemaPath = new URL(
  '../../../shared/acp/spec/2026-04-17/json-schema/schema.agentic_checkout.json',
  import.meta.url,
);

/** The published schemas lie beside the project, in CI too. Elsewhere these checks cannot be made and say so. */
export const schemasAreThere = existsSync(schemaPath);
if (!schemasAreThere)
  console.warn(`skipped: responses are not validated, ${schemaPath.pathname} is not there`);

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats(ajv);
if (schemasAreThere) ajv.addSchema(JSON.parse(readFileSync(schemaPath, 'utf8')) as object, 'acp');

export type Definition = 'CheckoutSession' | 'CheckoutSessionWithOrder' | 'Order' | 'Error';

/** Throws what the published JSON Schema (ACP 2026-04-17) has against a value. */
export function assertConforms(definition: Definition, value: unknown): void {
  if (!schemasAreThere) return;
  const validate = ajv.getSchema(`acp#/$defs/${definition}`);
  if (!validate) throw new Error(`the published schema has no ${definition}`);
  if (validate(value)) return;
  const problems = validate.errors?.map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
  throw new Error(`not a ${definition}: ${problems?.join('; ')}\n${JSON.stringify(value)}`);
}

/** Every body of the protocol's routes is a session, or an error with a status of 4xx or 5xx. */
export function assertProtocolResponse(status: number, body: unknown): void {
  if (status >= 400) assertConforms('Error', body);
  else
    assertConforms(
      (body as { status?: string }).status === 'completed' ? 'CheckoutSessionWithOrder' : 'CheckoutSession',
      body,
    );
}
