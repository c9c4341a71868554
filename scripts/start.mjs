import { ensureBuilt, ensureInstalled } from './prepare.mjs';

await ensureInstalled();
await ensureBuilt();
// In this very process, so that signals reach the server and not a wrapper around it.
await import('../dist/src/main.js');
