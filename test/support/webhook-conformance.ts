import { Ajv2020 } from 'ajv/dist/2020.js';
import formatsModule from 'ajv-formats';
import { load } from 'js-yaml';
import { existsSync, readFileSync } from 'node:fs';

const versions = ['2025-09-29', '2025-12-12', '2026-01-16', '2026-01-30', '2026-04-17'] as const;
type Version = (typeof versions)[number];

const published = (version: Version, name: string): URL =>
  new URL(`../../../shared/acp/spec/${version}/openapi/openapi.${name}.yaml`, import.meta.url);

/** As with `schemasAreThere`: elsewhere these checks cannot be made and say so. */
export const webhookSchemasAreThere = existsSync(published('2026-04-17', 'agentic_checkout_webhook'));
if (!webhookSchemasAreThere) console.warn('skipped: webhooks are not validated, no published schemas here');

const ajv = new Ajv2020({ strict: false, allErrors: true });
formatsModule.default(ajv);
const idOf = (version: Version, name: string): string =>
  `https://acp.example/${version}/openapi.${name}.yaml`;
if (webhookSchemasAreThere)
  for (const version of versions)
    for (const name of ['agentic_checkout', 'agentic_checkout_webhook'])
      ajv.addSchema(load(readFileSync(published(version, name), 'utf8')) as object, idOf(version, name));

/** What the published webhook schema of a version has against a body, or against its `data` alone; empty if nothing. */
export function webhookProblems(
  version: Version,
  part: 'WebhookEvent' | 'EventDataOrder',
  value: unknown,
): string[] {
  if (!webhookSchemasAreThere) return [];
  const validate = ajv.getSchema(`${idOf(version, 'agentic_checkout_webhook')}#/components/schemas/${part}`);
  if (!validate) throw new Error(`the published schema of ${version} has no ${part}`);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    [instancePath, message, JSON.stringify(params)].join(' '),
  );
}
