import { STATUS_CODES } from 'node:http';
import { ToolError } from './tool.js';

export interface Exchange<Body> {
  method: 'GET' | 'POST';
  url: string;
  headers?: Record<string, string>;
  /** An object is sent as JSON, parameters as a form. */
  body?: object | URLSearchParams;
  /** The one status that the story goes on with. */
  expect: number;
  /** What of the answer matters at this point of the story. */
  show: (body: Body) => unknown;
  /** Headers of the answer that matter. */
  showHeaders?: string[];
}

export interface Answer<Body> {
  body: Body;
  text: string;
  headers: Headers;
}

/** Correct, and of no use to somebody who reads along. */
const noise = new Set([
  'content_type',
  'severity',
  'resolution',
  'display_text',
  'images',
  'description',
  'risk_details',
]);
const lineWidth = 96;

/** Requests and answers, printed for a person while they happen. */
export class Conversation {
  private chapters = 0;

  constructor(private readonly interrupted: AbortSignal) {}

  chapter(title: string): void {
    console.log(`\n${++this.chapters}. ${title}`);
  }

  /** What has been reached, a sentence per line. */
  say(...sentences: string[]): void {
    console.log(['', ...sentences].join('\n   '));
  }

  async exchange<Body>({
    method,
    url,
    headers = {},
    body,
    expect,
    show,
    showHeaders = [],
  }: Exchange<Body>): Promise<Answer<Body>> {
    const isForm = body instanceof URLSearchParams;
    const { pathname, host } = new URL(url);
    console.log(`\n   → ${method} ${pathname}   (${host})`);
    if (headers['Idempotency-Key']) print(`Idempotency-Key: ${headers['Idempotency-Key']}`);
    if (isForm) print([...body].map(([name, value]) => `${name}=${value}`).join('\n'));
    else if (body) print(pretty(body));

    const startedAt = performance.now();
    const response = await this.fetch(url, {
      method,
      headers: { ...headers, ...(body && !isForm && { 'Content-Type': 'application/json' }) },
      body: isForm || body === undefined ? body : JSON.stringify(body),
    });
    const text = await response.text();
    const ms = Math.round(performance.now() - startedAt);
    console.log(`   ← ${response.status} ${STATUS_CODES[response.status] ?? ''}, ${ms} ms`);
    for (const name of showHeaders) print(`${name}: ${response.headers.get(name) ?? '(absent)'}`);

    const answer = parse(text);
    if (response.status !== expect) {
      print(pretty(answer));
      throw new ToolError(
        `${method} ${pathname} was answered with ${response.status} where ${expect} was expected.`,
      );
    }
    print(pretty(show(answer as Body)));
    return { body: answer as Body, text, headers: response.headers };
  }

  private async fetch(url: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, { ...init, signal: this.interrupted });
    } catch (error) {
      const { cause, message } = error as Error;
      throw new ToolError(
        `${url} does not answer: ${cause instanceof Error ? cause.message || cause.name : message}.`,
      );
    }
  }
}

/** Some members of an object, and how many more it has. */
export function only(...members: string[]): (value: object) => object {
  return (value) => {
    const all = Object.entries(value);
    const shown = all.filter(([name]) => members.includes(name));
    const more = all.length - shown.length;
    return { ...Object.fromEntries(shown), ...(more > 0 && { '…': `${more} more` }) };
  };
}

function print(text: string): void {
  console.log(text.replace(/^/gm, '     '));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ToolError(`The answer is not JSON: ${text.slice(0, 200)}`);
  }
}

/** JSON without the noise; what fits on a line is on one. */
function pretty(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((item) => pretty(item, inner))
    : Object.entries(value)
        .filter(([name]) => !noise.has(name))
        .map(([name, item]) => `${JSON.stringify(name)}: ${pretty(item, inner)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const line = parts.join(', ');
  if (!line.includes('\n') && indent.length + line.length < lineWidth) return `${open}${line}${close}`;
  return `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${indent}${close}`;
}
