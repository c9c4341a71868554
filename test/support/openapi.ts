import { Ajv2020 } from 'ajv/dist/2020.js';
import formatsModule from 'ajv-formats';

/* eslint-disable-next-line @typescript-eslint/no-explicit-any -- a document: what it holds is for the tests to say */
export type Document = any;

export interface Media {
  schema?: object;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

export interface Operation {
  method: string;
  path: string;
  summary?: string;
  description?: string;
  tags?: string[];
  operationId: string;
  parameters?: {
    name: string;
    in: string;
    required?: boolean;
    schema?: object;
    description?: string;
    example?: string;
  }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description?: string; content?: Record<string, Media> }>;
  security?: object[];
}

/** The document as a shop serves it. */
export class ServedDocument {
  private constructor(
    readonly json: Document,
    readonly operations: Operation[],
    private readonly ajv: Ajv2020,
  ) {}

  static async of(url: string): Promise<ServedDocument> {
    const json: Document = await (await fetch(`${url}/docs/json`)).json();
    const operations = Object.entries<Record<string, object>>(json.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => read(operation as Operation, { json, method, path })),
    );
    // Strict: a keyword that JSON Schema does not know is a mistake. These it may ignore.
    const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
    ajv.addVocabulary(['example', 'components']);
    formatsModule.default(ajv);
    ajv.addSchema({ $id: 'document', components: referring(json.components) as object });
    return new ServedDocument(json, operations, ajv);
  }

  operation(method: string, path: string): Operation {
    const found = this.operations.find((known) => known.method === method && known.path === path);
    if (!found) throw new Error(`there is no ${method} ${path}`);
    return found;
  }

  /** What a schema of the document has against a value; nothing if all is well. */
  complaints(schema: object, value: unknown): string[] {
    const validate = this.ajv.compile(referring(schema) as object);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }
}

/** With what the refusals of many routes have in common. */
const read = (
  operation: Operation,
  { json, ...where }: { json: Document; method: string; path: string },
): Operation => ({
  ...operation,
  ...where,
  responses: Object.fromEntries(
    Object.entries(operation.responses).map(([status, response]) => {
      const { $ref } = response as { $ref?: string };
      return [status, $ref ? json.components.responses[$ref.split('/').at(-1) ?? ''] : response];
    }),
  ),
});

/** With references into the document under the name it is known by here. */
const referring = (node: unknown): unknown =>
  JSON.parse(JSON.stringify(node).replaceAll('"#/components/', '"document#/components/')) as unknown;

/** Calls back for every object in a document, with the path to it. */
export function walk(node: Document, visit: (node: Document, where: string) => void, where = '#'): void {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) visit(node, where);
  for (const [name, member] of Object.entries(node)) walk(member, visit, `${where}/${name}`);
}
