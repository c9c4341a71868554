import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { World } from '../world.js';
import { recordEvent } from './event.js';
import { forgetOldest } from './retention.js';

let folder: string;
let world: World;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'psp-retention-'));
  world = new World(folder);
  const change = world.begin();
  for (const id of ['evt_1', 'evt_2', 'evt_3', 'evt_4']) {
    recordEvent(change, { id, provider: 'stripe', type: 'test.happened', body: '{}' });
  }
  world.commit(change);
});

afterEach(() => {
  world.close();
  rmSync(folder, { recursive: true, force: true });
});

const kept = () => [...world.rows('events')].map(({ id }) => id);

it('forgets the oldest events and how far they came', () => {
  forgetOldest(world, { events: 2, deliveries: 0 });
  expect(kept()).toEqual(['evt_3', 'evt_4']);
  expect([...world.rows('dispatches')].map(({ id }) => id)).toEqual(['evt_3', 'evt_4']);
  forgetOldest(world);
  expect(kept()).toHaveLength(2);
});

it.each(['pending', 'held', 'dropped'] as const)('keeps an event that is %s, and those after it', (state) => {
  const row = world.find('dispatches', 'evt_2');
  if (!row) throw new Error('The second event is there.');
  const change = world.begin();
  change.put('dispatches', { ...row, state });
  world.commit(change);
  forgetOldest(world, { events: 1, deliveries: 0 });
  expect(kept()).toEqual(['evt_2', 'evt_3', 'evt_4']);
});

it('forgets the oldest deliveries', () => {
  const change = world.begin();
  const made = { event: 'evt_1', provider: 'stripe', type: 'x', url: 'u', status: 200, error: null, at: '' };
  for (const id of ['whd_1', 'whd_2']) change.put('deliveries', { id, ...made });
  world.commit(change);
  forgetOldest(world, { events: 4, deliveries: 1 });
  expect([...world.rows('deliveries')].map(({ id }) => id)).toEqual(['whd_2']);
});
