import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { isDeepStrictEqual } from 'node:util';
import { version } from './common/version.js';
import { documentSettings } from './settings/admin/settings.docs.js';
import { SettingsRegistry } from './settings/settings.registry.js';

const about = `What a merchant's shop answers: the **admin API** with which you run it, and the **Agentic Commerce
Protocol** with which agents buy from it.

1. Press **Authorize** and enter a key: in the sandbox \`admin_sandbox_key\` for the merchant's routes,
   \`agent_sandbox_key\` for those of an agent.
2. Find a route by its path or by words of what it does, and open it.
3. Press **Execute**: the examples work as they are. Where a field is empty, it wants an id that an earlier answer told.

Amounts are whole numbers of minor units (cents, paise), times RFC 3339 in UTC. Lists come in pages: send \`next_cursor\`
as \`cursor\`. A refusal says in \`code\` and \`message\` what is wrong, and in \`param\` where.`;

/** The groups of the page, in its order: the merchant's first, in the order in which a shop is set up and run. */
const groups: [name: string, description: string][] = [
  ['Settings', 'What you change while the shop runs: typed, versioned, and taken back if need be'],
  ['Payment providers', 'Who takes the money, and whether the credentials work'],
  ['Agents', 'Who may buy, and what each of them may do'],
  ['API keys', 'What agents and you call the shop with'],
  ['Catalogue', 'Products and their items'],
  ['Inventory', 'What is on the shelf, and how it came to be so'],
  ['Orders', 'What was bought: shipping, refunds, returns, reviews'],
  ['Checkout sessions', 'What agents are buying now'],
  ['Payments', 'Every attempt to take money'],
  ['Outgoing webhooks', 'Where events of orders are sent, and how that went'],
  ['Provider webhooks', 'What the payment providers told, and what became of it'],
  ['E-mails', 'What buyers were sent'],
  ['Privacy', 'What is known of a person: to hand over, or to erase'],
  ['Audit log', 'Who changed what'],
  ['ACP checkout', 'For agents: the checkout of the Agentic Commerce Protocol'],
  ['Guide checkout', 'For agents that buy through tools: a simpler checkout'],
  ['Provider callbacks', 'For the payment providers: where they send their webhooks'],
  ['Sandbox', 'Stands in for an agent’s platform'],
  ['Pages', 'For buyers'],
  ['Operations', 'For those who run the process'],
];

/** The whole API as OpenAPI 3.1. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Storekeeper')
    .setDescription(about)
    .setVersion(version)
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      description:
        'An API key. In the sandbox `admin_sandbox_key` (merchant) or `agent_sandbox_key` (agent).',
    });
  for (const [name, description] of groups) builder.addTag(name, description);
  const document = SwaggerModule.createDocument(app, builder.build(), { operationIdFactory });
  documentSettings(document, app.get(SettingsRegistry));
  finishParameters(document);
  nameSchemas(document);
  shareRefusals(document);
  return document;
}

/** `orders.list` for `OrdersAdminController.list`. */
const operationIdFactory = (controller: string, method: string): string => {
  const name = controller.replace(/(Admin)?Controller$/, '');
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}.${method}`;
};

/** Nest has no type for most, and the examples of some in the schema, where OpenAPI 3.1 and the page do not look. */
function finishParameters({ paths }: OpenAPIObject): void {
  for (const parameter of operationsOf(paths).flatMap(({ parameters = [] }) => parameters)) {
    const { example, ...schema }: Node = { type: 'string', ...parameter.schema };
    parameter.schema = schema;
    if (example !== undefined) parameter.example = example;
  }
}

const operationsOf = (paths: OpenAPIObject['paths']): Operation[] =>
  Object.values(paths).flatMap((item) => Object.values(item) as Operation[]);

interface Operation {
  parameters?: { schema?: Node; example?: unknown }[];
  responses: Record<string, Node>;
}

type Node = Record<string, unknown>;

/** Every schema with a title becomes one of the document, and what used it refers to it. */
function nameSchemas(document: OpenAPIObject): void {
  const schemas: Record<string, Node> = { ...(document.components?.schemas as Record<string, Node>) };
  const named = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(named);
    if (typeof node !== 'object' || node === null) return node;
    const entries = Object.entries(node).map(([name, member]) => [
      name,
      isExample(name) ? (member as unknown) : named(member),
    ]);
    const { title, description, ...schema } = Object.fromEntries(entries) as Node;
    if (typeof title !== 'string' || schema.type !== 'object') return Object.fromEntries(entries);
    const component = { title, ...schema };
    if (!isDeepStrictEqual((schemas[title] ??= component), component))
      throw new Error(`two schemas of the documentation are called ${title}`);
    const reference = { $ref: `#/components/schemas/${title}` };
    return description === undefined ? reference : { ...reference, description };
  };
  document.paths = named(document.paths) as OpenAPIObject['paths'];
  document.components = { ...document.components, schemas: sorted(schemas) };
}

/** What stands there is an answer, not a schema. */
const isExample = (name: string): boolean => name === 'example' || name === 'examples';

const sorted = (schemas: Record<string, Node>): Record<string, Node> =>
  Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));

/** A refusal that many routes answer stands in the document once, as `Error401` and the like. */
function shareRefusals({ paths, components }: OpenAPIObject): void {
  const shared: Record<string, Node> = {};
  for (const { responses } of operationsOf(paths)) {
    for (const [status, response] of Object.entries(responses)) {
      const [, kind] = /"\$ref":"#\/components\/schemas\/(\w*Error)"/.exec(JSON.stringify(response)) ?? [];
      if (kind === undefined) continue;
      const name = `${kind}${status}`;
      shared[name] ??= response;
      // One that says more than the others stays with its route.
      if (JSON.stringify(shared[name]) !== JSON.stringify(response)) continue;
      responses[status] = { $ref: `#/components/responses/${name}` };
    }
  }
  Object.assign(components ?? {}, { responses: sorted(shared) });
}
