/** A shorter one is no real key, and might stand in an answer by chance. */
const shortestKey = 12;

/**
 * What a provider answers, without the keys it was called with: an error may quote them, its own or that of a proxy on
 * the way, and its words go into logs, rows and what the merchant is told.
 */
export const withoutKeys = (text: string, keys: readonly string[]): string =>
  keys
    .filter(({ length }) => length >= shortestKey)
    .reduce((rest, key) => rest.replaceAll(key, '[key]'), text);
