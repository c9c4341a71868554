import type { OpenAPIObject } from '@nestjs/swagger';
import type { SettingsRegistry } from '../settings.registry.js';
import { jsonSchemaOf } from '../settings.schema.js';

const route = '/admin/settings/{namespace}';

/** Names the namespaces in the API documentation, and says what each of them takes. */
export function documentSettings(document: OpenAPIObject, registry: SettingsRegistry): void {
  const namespaces = registry.all();
  const schemas = namespaces.map((one) => {
    const { $schema: _, ...schema } = jsonSchemaOf(one);
    return [`settings.${one.namespace}`, schema] as const;
  });
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...Object.fromEntries(schemas) },
  };
  const body = document.paths[route]?.patch?.requestBody;
  const content = body && 'content' in body ? body.content['application/json'] : undefined;
  if (content)
    content.schema = { anyOf: schemas.map(([name]) => ({ $ref: `#/components/schemas/${name}` })) };
  const names = namespaces.map(({ namespace }) => namespace);
  for (const [path, operations] of Object.entries(document.paths)) {
    if (!path.startsWith(route)) continue;
    for (const operation of [operations.get, operations.patch, operations.post]) {
      for (const parameter of operation?.parameters ?? []) {
        if ('name' in parameter && parameter.name === 'namespace')
          parameter.schema = { ...parameter.schema, enum: names };
      }
    }
  }
}
