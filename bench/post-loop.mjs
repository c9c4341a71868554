// The floor for deliveries: node bench/post-loop.mjs <url> <posts> <at once> sends a body of the usual size so often and
// prints how long that took, in milliseconds. No database, no signature, no guard.
import { performance } from 'node:perf_hooks';
import { Agent, request } from 'undici';

const [, , url, posts, atOnce] = process.argv;
const dispatcher = new Agent({ connections: Number(atOnce) });
const body = 'x'.repeat(2_000);
let left = Number(posts);
const startedAt = performance.now();
await Promise.all(
  Array.from({ length: Number(atOnce) }, async () => {
    while (left-- > 0) {
      const answer = await request(url, { method: 'POST', body, dispatcher });
      await answer.body.dump();
    }
  }),
);
console.log(Math.round(performance.now() - startedAt));
await dispatcher.close();
