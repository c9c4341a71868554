import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { visit } from 'jsonc-parser';
import { apiErrors } from './api-error.js';

const maximumDepth = 32;

/**
 * Parses a request body strictly. What two parsers could read differently is refused: invalid UTF-8, a key that
 * stands twice, integers beyond 2^53 - 1, lone surrogates; also NUL, which PostgreSQL cannot store.
 */
export function parseJson(bytes: Buffer): unknown {
  const text = decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw apiErrors.invalidJson('The body is not valid JSON.');
  }
  checkStructure(text);
  return value;
}

/** SHA-256 over RFC 8785 canonical JSON: equal for bodies that mean the same (key order, `1` and `1.0`). */
export function fingerprint(body: unknown): string {
  return createHash('sha256').update(canonicalJson(body)).digest('hex');
}

/** RFC 8785; nothing for no body. */
export const canonicalJson = (body: unknown): string => canonicalize(body) ?? '';

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw apiErrors.invalidJson('The body is not valid UTF-8.');
  }
}

function checkStructure(text: string): void {
  const keysOfOpenObjects: Set<string>[] = [];
  let depth = 0;
  const enter = (): void => {
    if (++depth > maximumDepth)
      throw apiErrors.invalidJson(`The body is nested deeper than ${maximumDepth} levels.`);
  };
  const checkText = (value: string): void => {
    if (!value.isWellFormed() || value.includes('\0')) {
      throw apiErrors.invalidJson('The body has a NUL or an unpaired surrogate in a string.');
    }
  };
  visit(text, {
    onObjectBegin: () => {
      enter();
      keysOfOpenObjects.push(new Set());
    },
    onObjectEnd: () => {
      depth--;
      keysOfOpenObjects.pop();
    },
    onArrayBegin: enter,
    onArrayEnd: () => {
      depth--;
    },
    onObjectProperty: (name) => {
      checkText(name);
      const keys = keysOfOpenObjects.at(-1);
      if (keys?.has(name))
        throw apiErrors.invalidJson(`The key ${JSON.stringify(name)} stands twice in one object.`);
      keys?.add(name);
    },
    onLiteralValue: (value: unknown) => {
      if (typeof value === 'string') checkText(value);
      if (typeof value === 'number' && !isExact(value)) {
        throw apiErrors.invalidJson('The body has a number beyond what JSON can carry exactly.');
      }
    },
  });
}

const isExact = (value: number): boolean =>
  Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
