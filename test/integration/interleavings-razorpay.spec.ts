import { interleavings } from '../support/interleavings.js';

interleavings('razorpay', { firstSeed: 1, runs: 50 });
