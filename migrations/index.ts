import type { MigrationInterface } from 'typeorm';
import { Initial1763769600000 } from './1763769600000-initial.js';

/** In order. One per change, safe while the version before still runs. */
export const migrations: (new () => MigrationInterface)[] = [Initial1763769600000];
