/** Something wrong with a call to the simulator's own API; its message is the whole answer. */
export class SimulatorError extends Error {
  constructor(
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SimulatorError('The body is not valid JSON.');
  }
}

/** `shape` is what to send, for whoever did not. */
export function requireRecord(value: unknown, shape: string): Record<string, unknown> {
  if (isRecord(value)) return value;
  throw new SimulatorError(`Send a JSON object ${shape}.`);
}

export function optionalText(record: Record<string, unknown>, key: string): string | undefined {
  const value = record[key];
  if (value === undefined || typeof value === 'string') return value;
  throw new SimulatorError(`${key} must be a string.`);
}

export function requiredText(record: Record<string, unknown>, key: string): string {
  const value = optionalText(record, key);
  if (value) return value;
  throw new SimulatorError(`${key} is required.`);
}

export function optionalNumber(record: Record<string, unknown>, key: string): number | undefined {
  const value = record[key];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw new SimulatorError(`${key} must be a whole number, zero or more.`);
}

export function optionalTexts(record: Record<string, unknown>, key: string): string[] {
  const value = record[key] ?? [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new SimulatorError(`${key} must be a list of strings.`);
}

/** A misspelt key would otherwise be a fault that never happens, and a test that proves nothing. */
export function onlyKeys(record: Record<string, unknown>, known: string[]): void {
  const unknown = Object.keys(record).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new SimulatorError(`${unknown} is not one of ${known.join(', ')}.`);
}

export function readPattern(pattern: string, name: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch {
    throw new SimulatorError(`${name} is not a regular expression: ${pattern}`);
  }
}
