import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Sends so many requests per second whatever the answers take, and measures each from the moment it was due: a
 * server that stalls is charged for all who would have come meanwhile.
 */
export async function load({ url, rate, seconds, make }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const answers = [];
  const startedAt = performance.now();
  for (let n = 0; n < rate * seconds; n++) {
    const dueAt = startedAt + (n * 1000) / rate;
    const early = dueAt - performance.now();
    if (early > 1) await delay(early);
    answers.push(send(url, agent, make(n), dueAt));
  }
  const all = await Promise.all(answers);
  agent.destroy();
  return all;
}

function send(url, agent, { id, headers, body }, dueAt) {
  return new Promise((resolve) => {
    const done = (status) => resolve({ id, status, ms: performance.now() - dueAt });
    const sent = request(
      url,
      { agent, method: 'POST', headers: { ...headers, 'Content-Length': Buffer.byteLength(body) } },
      (response) => {
        response.resume();
        response.once('end', () => done(response.statusCode));
      },
    );
    sent.once('error', () => done(0));
    sent.end(body);
  });
}

/** In milliseconds, with one digit. */
export function percentiles(answers) {
  const sorted = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share) =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
