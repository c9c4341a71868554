import { interleavings } from '../support/interleavings.js';
import { psps } from '../support/purchases.js';

const runs = Number(process.env.SOAK_RUNS ?? 500);
const firstSeed = Number(process.env.SOAK_SEED ?? 1000);

for (const psp of psps) interleavings(psp, { firstSeed, runs });
