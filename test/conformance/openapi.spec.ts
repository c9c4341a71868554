import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { total } from '../support/agent.js';
import { assertConforms } from '../support/conformance.js';
import { type Document, type Operation, ServedDocument, walk } from '../support/openapi.js';
import { startShop, type Shop } from '../support/shop.js';

const verbs = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace'];
const protocol = '/checkout_sessions';

describe('the documentation', () => {
  let shop: Shop;
  let served: ServedDocument;
  let document: Document;
  let operations: Operation[];
  beforeAll(async () => {
    shop = await startShop();
    served = await ServedDocument.of(shop.url);
    ({ json: document, operations } = served);
  });
  afterAll(() => shop.close());

  const operation = (method: string, path: string): Operation => served.operation(method, path);
  const examplesOf = ({ requestBody }: Operation): [string, object][] =>
    Object.entries(requestBody?.content['application/json']?.examples ?? {}).map(([name, { value }]) => [
      name,
      value as object,
    ]);

  describe('as OpenAPI', () => {
    it('is of version 3.1 and says what it is about', () => {
      expect(document.openapi).toMatch(/^3\.1\.\d+$/);
      expect(document.info).toMatchObject({
        title: expect.stringMatching(/./),
        version: expect.stringMatching(/./),
      });
      expect(document.info.description).toContain('agent_sandbox_key');
    });

    it('has nothing in it that OpenAPI 3.1 does not know', () => {
      const known = [
        'openapi',
        'info',
        'paths',
        'components',
        'tags',
        'servers',
        'security',
        'externalDocs',
        'webhooks',
      ];
      expect(known).toEqual(expect.arrayContaining(Object.keys(document)));
      for (const [path, item] of Object.entries<object>(document.paths)) {
        expect(path).toMatch(/^\//);
        expect([...verbs, 'parameters', 'summary', 'description', 'servers']).toEqual(
          expect.arrayContaining(Object.keys(item)),
        );
      }
      // These are words of 3.0; JSON Schema 2020-12 says them otherwise.
      walk(document, (node, where) => {
        if (where.endsWith('/example') || where.endsWith('/value')) return;
        expect(node, where).not.toHaveProperty('nullable');
        if ('exclusiveMinimum' in node) expect(typeof node.exclusiveMinimum, where).toBe('number');
      });
    });

    it('refers only to what it holds', () => {
      walk(document, (node, where) => {
        if (typeof node.$ref !== 'string') return;
        const target = (node.$ref as string)
          .split('/')
          .slice(1)
          .reduce((inner: Document, step: string) => inner?.[step], document);
        expect(node.$ref, where).toMatch(/^#\//);
        expect(target, `${node.$ref} at ${where}`).toBeDefined();
      });
    });

    it('names every operation once, with its parameters, and says what it answers', () => {
      expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
      for (const { method, path, parameters = [], responses, summary, tags, requestBody } of operations) {
        const where = `${method} ${path}`;
        expect(summary, where).toMatch(/./);
        expect(tags, where).toHaveLength(1);
        const inPath = [...path.matchAll(/{(\w+)}/g)].map(([, name]) => name);
        expect(
          parameters.filter((p) => p.in === 'path').map(({ name }) => name),
          where,
        ).toEqual(inPath);
        for (const parameter of parameters) {
          expect(parameter.schema, where).toBeDefined();
          if (parameter.in === 'path') expect(parameter.required, where).toBe(true);
        }
        expect(Object.keys(responses).length, where).toBeGreaterThan(0);
        for (const [status, response] of Object.entries(responses)) {
          expect(status, where).toMatch(/^[1-5]\d\d$/);
          expect(response.description, `${where} ${status}`).toBeTypeOf('string');
        }
        if (method === 'get') expect(requestBody, where).toBeUndefined();
      }
    });

    it('tells which routes want a key, and which are open', () => {
      const [scheme] = Object.keys(document.components.securitySchemes);
      expect(document.components.securitySchemes[scheme as string]).toMatchObject({
        type: 'http',
        scheme: 'bearer',
      });
      const signed = 'post /sandbox/agent/webhooks';
      for (const { method, path, security } of operations) {
        const open =
          /^\/(health|webhooks)\//.test(path) || path === '/orders/{id}' || `${method} ${path}` === signed;
        expect(security, path).toEqual(open ? undefined : [{ [scheme as string]: [] }]);
      }
    });
  });

  describe('says', () => {
    it('what every field is', () => {
      const mute: string[] = [];
      const look = (schema: Document, where: string): void => {
        if (typeof schema !== 'object' || schema === null) return;
        for (const [name, property] of Object.entries<Document>(schema.properties ?? {})) {
          if (!/\w/.test(property.description ?? '')) mute.push(`${where}.${name}`);
          look(property, `${where}.${name}`);
        }
        look(schema.items, `${where}[]`);
        look(schema.additionalProperties, `${where}{}`);
        for (const part of ['anyOf', 'oneOf', 'allOf'])
          for (const one of schema[part] ?? []) look(one, `${where}/${part}`);
      };
      for (const [name, schema] of Object.entries(document.components.schemas)) look(schema, name);
      for (const { operationId, parameters = [], requestBody, responses } of operations) {
        for (const { name, description } of parameters)
          if (!description) mute.push(`${operationId}(${name})`);
        const told = Object.entries<Document>({ ...responses, body: requestBody ?? {} });
        for (const [status, { content }] of told)
          for (const { schema } of Object.values<Document>(content ?? {}))
            look(schema, `${operationId} ${status}`);
      }
      expect(mute).toEqual([]);
    });

    it('of every parameter and field of what type it is', () => {
      const untyped: string[] = [];
      walk(document.components.schemas, (schema, where) => {
        // Nest takes what it cannot tell for an object, whatever the example is.
        if (
          [schema.type].flat().includes('object') &&
          ['string', 'number', 'boolean'].includes(typeof schema.example)
        )
          untyped.push(where);
      });
      for (const { operationId, parameters = [] } of operations)
        for (const { name, schema } of parameters)
          if (!schema || !('type' in schema)) untyped.push(`${operationId}(${name})`);
      expect(untyped).toEqual([]);
    });

    it('which groups there are, in an order that begins with the merchant', () => {
      const groups = (document.tags as { name: string; description: string }[]).map(({ name }) => name);
      for (const { name, description } of document.tags) expect(description, name).toMatch(/\w/);
      expect(groups[0]).toBe('Settings');
      const used = new Set(operations.flatMap(({ tags = [] }) => tags));
      expect([...used].sort()).toEqual([...groups].sort());
    });

    it('of every operation what it is called, takes and answers', () => {
      const wrong: string[] = [];
      for (const operation of operations) {
        const { operationId, security, parameters = [], requestBody, responses } = operation;
        const demand = (holds: boolean, what: string): void =>
          void (holds || wrong.push(`${operationId} ${what}`));
        demand(/^[a-z]+([A-Z][a-z]+)*\.[a-z]+([A-Z][a-z]+)*$/.test(operationId), 'is no readable name');
        const has = (...statuses: number[]): boolean => statuses.every((status) => status in responses);
        const isGuides = operation.path.startsWith('/acp/');
        if (security) demand(has(401, 403, 429), 'answers 401, 403 and 429');
        if (security && requestBody) demand(has(400, 413, 415), 'answers 400, 413 and 415');
        if (parameters.some(({ in: place }) => place === 'query')) demand(has(400), 'answers 400');
        if (security && parameters.some(({ in: place }) => place === 'path')) demand(has(404), 'answers 404');
        if (parameters.some(({ name }) => name === 'Idempotency-Key'))
          demand(has(400, 409, 422), 'answers 409, 422');
        if (isGuides) demand(has(500, 503), 'answers 500 and 503');
        for (const media of Object.values(requestBody?.content ?? {})) {
          const { schema, examples } = media as { schema: Document; examples?: object };
          demand(Object.keys(examples ?? {}).length > 0 || schema?.example !== undefined, 'has an example');
        }
        const successes = Object.entries(responses).filter(([status]) => Number(status) < 300);
        demand(successes.length === 1, 'has one success');
        for (const [status, { description, content }] of Object.entries(responses)) {
          demand(/\w/.test(description ?? ''), `describes ${status}`);
          if (status !== '204')
            demand(
              Object.values(content ?? {}).some(({ schema }) => schema),
              `has a schema for ${status}`,
            );
        }
      }
      expect(wrong).toEqual([]);
    });

    it('nothing that JSON Schema does not understand', () => {
      for (const { responses, requestBody } of operations)
        for (const { content = {} } of [requestBody ?? {}, ...Object.values(responses)] as Document[])
          for (const { schema } of Object.values<Document>(content)) served.complaints(schema, null);
      for (const name of Object.keys(document.components.schemas))
        served.complaints({ $ref: `#/components/schemas/${name}` }, null);
    });

    it('the same as docs/openapi.json', async () => {
      const file = new URL('../../docs/openapi.json', import.meta.url).pathname;
      const { version: _, ...info } = document.info;
      await expect(
        `${JSON.stringify({ ...document, info }, null, 2)}\n`,
        'the API has changed: `npm run openapi` writes docs/openapi.json anew, for you to look at the difference',
      ).toMatchFileSnapshot(file);
    });
  });

  it('has every route that the shop serves, and no other', () => {
    const { router } = shop.server.app.getHttpAdapter().getInstance();
    const served = router.stack.flatMap(({ route }) => {
      if (!route || route.path.includes('docs')) return [];
      return Object.keys((route as unknown as { methods: object }).methods).map(
        (method) => `${method} ${route.path.replace(/:(\w+)/g, '{$1}')}`,
      );
    });
    expect(served.length).toBeGreaterThan(5);
    expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(served.sort());
  });

  it('has all endpoints of the protocol, with their headers, examples and refusals', () => {
    const endpoints: [string, string, string, number[]][] = [
      ['post', protocol, '201', [400, 401, 409, 422, 429]],
      ['get', `${protocol}/{id}`, '200', [400, 401, 404, 429]],
      ['post', `${protocol}/{id}`, '200', [400, 401, 404, 405, 409, 422, 429]],
      ['post', `${protocol}/{id}/complete`, '200', [400, 401, 404, 405, 409, 422, 429, 503]],
      ['post', `${protocol}/{id}/cancel`, '200', [400, 401, 404, 405, 409, 422, 429]],
    ];
    for (const [method, path, success, refusals] of endpoints) {
      const where = `${method} ${path}`;
      const { parameters = [], responses, ...known } = operation(method, path);
      const headers = parameters.filter((p) => p.in === 'header' && p.required).map(({ name }) => name);
      expect(headers.sort(), where).toEqual(
        method === 'post' ? ['API-Version', 'Idempotency-Key'] : ['API-Version'],
      );
      if (method === 'post') expect(examplesOf({ ...known, responses }).length, where).toBeGreaterThan(1);
      expect(
        Object.keys(responses).filter((status) => status.startsWith('2')),
        where,
      ).toEqual([success]);
      expect(Object.keys(responses), where).toEqual(expect.arrayContaining(refusals.map(String)));
    }
  });

  it('shows refusals as the flat error of the protocol, each with an example', () => {
    for (const { method, path, responses } of operations) {
      for (const [status, response] of Object.entries(responses)) {
        // The health of a process and the guide's routes have their own words, and the buyer's page is a page.
        if (Number(status) < 400 || /^\/(health|orders|acp)\//.test(path)) continue;
        const { schema, example } = response.content?.['application/json'] ?? {};
        expect(schema, `${method} ${path} ${status}`).toEqual({ $ref: '#/components/schemas/Error' });
        assertConforms('Error', example);
      }
    }
  });

  it('shows sessions that the published schema allows', () => {
    for (const { path, responses } of operations.filter((known) => known.path.startsWith(protocol))) {
      const [[, success] = []] = Object.entries(responses).filter(([status]) => Number(status) < 300);
      const example = success?.content?.['application/json']?.example as Document;
      assertConforms(path.endsWith('/complete') ? 'CheckoutSessionWithOrder' : 'CheckoutSession', example);
      expect(total(example)).toBe(14464);
    }
  });

  describe('as examples', () => {
    const created = async (): Promise<string> => {
      const [[, first] = []] = examplesOf(operation('post', protocol));
      const { body } = await shop.agent.post(protocol, first);
      return body.id as string;
    };

    it('show what the shop really answers', async () => {
      const { body } = await shop.agent.get(await created());
      const { content } = operation('get', `${protocol}/{id}`).responses['200'] ?? {};
      const example = content?.['application/json']?.example as Document;
      expect(body.totals).toEqual(example.totals);
      expect(body.fulfillment_details).toEqual(example.fulfillment_details);
      expect(body.selected_fulfillment_options).toEqual(example.selected_fulfillment_options);
    });

    it('of update work as they are on the session of create', async () => {
      const id = await created();
      for (const [name, body] of examplesOf(operation('post', `${protocol}/{id}`))) {
        const answer = await shop.agent.update(id, body);
        expect({ name, status: answer.status, shown: answer.body.status }).toEqual({
          name,
          status: 200,
          shown: 'ready_for_payment',
        });
      }
    });

    it('of complete do what their names say', async () => {
      const outcomes: Record<string, string> = {};
      for (const [name, body] of examplesOf(operation('post', `${protocol}/{id}/complete`))) {
        const answer = await shop.agent.complete(await created(), body);
        expect(answer.status).toBe(200);
        outcomes[name] = answer.body.status;
      }
      expect(outcomes).toEqual({
        'a card that succeeds': 'completed',
        'a card that is declined': 'ready_for_payment',
        'a card that wants 3-D Secure': 'authentication_required',
      });
    });
  });

  describe('as a page', () => {
    const page = async (path = '/docs'): Promise<{ html: string; url: string; policy: string }> => {
      const response = await fetch(`${shop.url}${path}`);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toMatch(/^text\/html/);
      const policy = response.headers.get('content-security-policy') ?? '';
      return { html: await response.text(), url: response.url, policy };
    };
    const assetsOf = (html: string, url: string): URL[] =>
      [...html.matchAll(/<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=["']([^"']+)["']/g)].map(
        ([, reference]) => new URL(reference as string, url),
      );

    it('is read and nothing else', async () => {
      for (const method of ['PUT', 'DELETE', 'POST'])
        expect((await fetch(`${shop.url}/docs/`, { method })).status).toBe(404);
    });

    it.each(['/docs', '/docs/', '/docs/index.html'])(
      'loads all it needs from the shop itself, as %s',
      async (path) => {
        const { html, url } = await page(path);
        const assets = assetsOf(html, url);
        expect(assets.length).toBeGreaterThan(3);
        for (const asset of assets) {
          expect(asset.origin).toBe(new URL(url).origin);
          const response = await fetch(asset);
          expect(response.status, asset.pathname).toBe(200);
          // With `nosniff` a browser takes them as nothing else.
          const type = { js: 'javascript', css: 'text/css', png: 'image/png' }[
            asset.pathname.split('.').at(-1) ?? ''
          ];
          expect(response.headers.get('content-type'), asset.pathname).toContain(type);
          expect(response.headers.get('x-content-type-options')).toBe('nosniff');
        }
      },
    );

    it('needs nothing that its own policy forbids', async () => {
      const { html, policy } = await page();
      expect(policy.split('; ').sort()).toEqual(
        [
          "base-uri 'none'",
          "connect-src 'self'",
          "default-src 'none'",
          "form-action 'none'",
          "frame-ancestors 'none'",
          "img-src 'self' data:",
          "script-src 'self'",
          "style-src 'self'",
        ].sort(),
      );
      // Scripts in the page would not run: neither between tags nor in attributes.
      for (const [, attributes, script] of html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/g)) {
        expect(attributes).toContain('src=');
        expect(script?.trim()).toBe('');
      }
      expect(html).not.toMatch(/<[^>]+\s(on\w+|style)=|<style|javascript:/);
    });

    it('shows this shop and no other', async () => {
      const { html, url } = await page();
      const init = assetsOf(html, url).find(({ pathname }) => pathname.endsWith('swagger-ui-init.js'));
      const script = await (await fetch(init as URL)).text();
      expect(script).toContain('/checkout_sessions/{id}/complete');
      const hosts = [...`${html}${script}`.matchAll(/https?:\/\/([\w.-]+)/g)].map(([, host]) => host);
      // What may be named but is never fetched: namespaces, and example and specification addresses.
      const named = new Set(['www.w3.org', 'json-schema.org', 'localhost', 'shop.example', 'acp.dev']);
      expect(hosts.filter((host) => !named.has(host as string))).toEqual([]);
    });

    it('is gone when the merchant turns it off', async () => {
      await shop.db.query(
        `INSERT INTO setting (namespace, version, "values", updated_at, updated_by)
         VALUES ('access', 1, '{"docs": false}', now(), 'test')`,
      );
      const gone = async (): Promise<number[]> =>
        Promise.all(
          ['/docs', '/docs/json', '/docs/swagger-ui.css'].map(
            async (path) => (await fetch(`${shop.url}${path}`)).status,
          ),
        );
      await expect.poll(gone).toEqual([404, 404, 404]);
    });
  });
});
