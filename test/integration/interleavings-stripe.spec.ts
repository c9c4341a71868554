import { interleavings } from '../support/interleavings.js';

interleavings('stripe', { firstSeed: 1, runs: 50 });
