// npm run bench [-- <scenario> [options]]: loads a server started for the purpose and prints a table.
import { existsSync, readdirSync } from 'node:fs';
import { ensureBuilt, ensureInstalled, fail } from '../scripts/prepare.mjs';

const folder = new URL('scenarios/', import.meta.url);
const scenarios = readdirSync(folder).map((file) => file.replace(/\.mjs$/, ''));
const usage = `Usage: npm run bench [-- <scenario> [options]]

Scenarios: ${scenarios.join(', ')} (all of them if none is named)
Options:   --rate <requests per second>   200
           --seconds <how long>           10

Each starts a PostgreSQL and a shop of its own, measures a bare server beside it, prints a table and writes
bench/results/<scenario>.json.
`;

const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(usage);
  process.exit(0);
}
const named = args.filter((arg, at) => !arg.startsWith('--') && !args[at - 1]?.startsWith('--'));
const option = (name, fallback) => {
  const at = args.indexOf(`--${name}`);
  const value = at < 0 ? fallback : Number(args[at + 1]);
  if (!(value > 0)) fail(usage);
  return value;
};
const options = { rate: option('rate', 200), seconds: option('seconds', 10) };
for (const name of named) {
  if (!existsSync(new URL(`${name}.mjs`, folder))) fail(usage);
}
await ensureInstalled();
await ensureBuilt();
for (const name of named.length > 0 ? named : scenarios) {
  const { run } = await import(new URL(`${name}.mjs`, folder).href);
  await run(options);
}
process.exit(0);
