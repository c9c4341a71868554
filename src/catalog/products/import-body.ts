import type { IncomingMessage } from 'node:http';
import type { SpoolOptions } from '../../common/http/spooled-body.js';
import { catalogErrors } from '../catalog.errors.js';

export const maximumImportBytes = 50 * 1024 * 1024;

/** JSON Lines has no registered media type; these are the ones in use. https://jsonlines.org */
export const importBody: SpoolOptions = {
  mediaTypes: ['application/x-ndjson', 'application/jsonl', 'application/x-jsonlines', 'text/plain'],
  maximumBytes: maximumImportBytes,
  refusal: catalogErrors.importMediaType,
};

/** Its body is left where it is until the caller is known, and is then read by the route. */
export const isImport = ({ url }: IncomingMessage): boolean =>
  /^\/admin\/products\/import\/?(\?|$)/.test(url ?? '');
