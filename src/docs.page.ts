import type { NextFunction, Request, Response } from 'express';
import { freshKey } from './common/http/api-docs.js';

/** Nothing from elsewhere and nothing inline; Swagger UI's own icons are `data:`. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** In place of Swagger UI's page, whose styles are inline. The scripts are Swagger UI's, served from here. */
const page = (assets: string): string => `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Storekeeper API</title>
  <link rel="stylesheet" href="${assets}swagger-ui.css">
  <link rel="stylesheet" href="${assets}page.css">
  <link rel="icon" type="image/png" href="${assets}favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="${assets}swagger-ui-bundle.js"></script>
<script src="${assets}swagger-ui-standalone-preset.js"></script>
<script src="${assets}swagger-ui-init.js"></script>
</body>
</html>
`;

const style = `html { box-sizing: border-box; overflow-y: scroll; }
*, *::before, *::after { box-sizing: inherit; }
body { margin: 0; background: #fafafa; }
.swagger-ui .info { margin: 28px 0 12px; }
.swagger-ui .scheme-container { margin: 0; padding: 12px 0; box-shadow: none; border-bottom: 1px solid #e3e3e3; }
.swagger-ui .filter .operation-filter-input { margin: 6px 0 8px; border-width: 1px; font-size: 15px; }
.swagger-ui .filter::before { content: 'Find a route by its path or by words, such as: refund'; display: block; margin-top: 16px; font: 14px sans-serif; }
.swagger-ui .filter .operation-filter-input::placeholder { color: transparent; }
.swagger-ui .opblock-tag { margin: 0; padding: 12px 8px; font-size: 20px; }
.swagger-ui .opblock-tag small { font-size: 14px; line-height: 1.4; }
.swagger-ui .opblock .opblock-summary-path { max-width: 60%; font-size: 14px; }
.swagger-ui .opblock .opblock-summary-description { font-size: 14px; }
.swagger-ui .opblock-description-wrapper p { max-width: 90ch; margin: 0; }
.swagger-ui .opblock-summary-control:focus { outline-offset: -1px; }
.swagger-ui .parameters-col_description p { margin: 4px 0; max-width: 100ch; font-size: 14px; }
.swagger-ui .content-type-wrapper:not(:has(option + option)),
.swagger-ui .response-col_links { display: none; }
.swagger-ui .response-control-media-type:not(:has(option + option)) { display: none; }
.swagger-ui .response-col_description__inner p { margin: 0; font-size: 14px; }
`;

/** Swagger UI looks for the text in the names of the groups only; a merchant knows a path or a word of a summary. */
function findOperations(groups: Groups, phrase: string): Groups {
  const words = phrase.toLowerCase().split(/\s+/);
  return groups
    .map((group, tag) =>
      group.set(
        'operations',
        group.get('operations').filter((one) => {
          const described = [tag, one.get('path'), one.get('method')];
          for (const member of ['summary', 'description', 'operationId'])
            described.push(one.getIn(['operation', member]) ?? '');
          const said = described.join(' ').toLowerCase();
          return words.every((word) => said.includes(word));
        }),
      ),
    )
    .filter((group) => group.get('operations').size > 0);
}

/** What is used of Swagger UI's Immutable.js. */
interface Groups {
  map(change: (group: Group, tag: string) => Group): Groups;
  filter(keep: (group: Group) => boolean): Groups;
}
interface Group {
  get(member: 'operations'): Operations;
  set(member: 'operations', operations: Operations): Group;
}
interface Operations {
  size: number;
  filter(keep: (operation: Operation) => boolean): Operations;
}
interface Operation {
  get(member: 'path' | 'method'): string;
  getIn(path: string[]): string | undefined;
}

/** Pressed twice with one key, a changed request would be refused, and a new purchase be the replay of the last one. */
function sendFreshKey<T extends { headers?: Record<string, string> }>(request: T): T {
  const headers = request.headers ?? {};
  if (headers['Idempotency-Key'] === 'FRESH_KEY')
    headers['Idempotency-Key'] = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
      byte.toString(16).padStart(2, '0'),
    ).join('');
  return request;
}

/** A function as the page gets it: its text. It can name nothing outside of itself. */
const written = (code: { toString(): string }): (() => void) =>
  Object.assign(() => undefined, { toString: () => String(code).replace('FRESH_KEY', freshKey) });

/** How Swagger UI is set up; functions travel as text. */
export const pageOptions = {
  layout: 'BaseLayout',
  filter: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: -1,
  defaultModelExpandDepth: 3,
  // Its switch would ask another host what it thinks of the document.
  validatorUrl: null,
  requestInterceptor: written(sendFreshKey),
  plugins: [{ fn: { opsFilter: written(findOperations) } }],
};

/** Serves the page and its style at the path this is mounted on; what else lies below it is Swagger UI's. */
export function servePage(
  { method, originalUrl, path }: Request,
  response: Response,
  next: NextFunction,
): void {
  response.setHeader('Content-Security-Policy', policy);
  if (method !== 'GET' && method !== 'HEAD') next();
  else if (path === '/page.css') response.type('css').send(style);
  else if (path === '/index.html') response.type('html').send(page(''));
  // Its references are relative, so that it can lie below any path of a proxy.
  else if (path === '/') response.type('html').send(page(/\/(\?|$)/.test(originalUrl) ? '' : 'docs/'));
  else next();
}
