import { describe, expect, it } from 'vitest';
import { Metrics } from './metrics.js';

describe('metrics', () => {
  it('count by label', async () => {
    const metrics = new Metrics();
    const count = metrics.counter('seen_total', 'Seen.', ['kind']);
    count({ kind: 'a' });
    count({ kind: 'a' });
    count({ kind: 'b"\n' });
    const text = await metrics.render();
    expect(text).toContain('# TYPE seen_total counter');
    expect(text).toContain('seen_total{kind="a"} 2');
    expect(text).toContain('seen_total{kind="b\\"\\n"} 1');
  });

  it('never have more than 200 values of a label, nor long ones', async () => {
    const metrics = new Metrics();
    const count = metrics.counter('seen_total', 'Seen.', ['kind']);
    for (let n = 0; n < 250; n++) count({ kind: `${n}${'x'.repeat(500)}` });
    const lines = (await metrics.render()).split('\n').filter((line) => line.startsWith('seen_total'));
    expect(lines).toHaveLength(201);
    expect(lines).toContain('seen_total{kind="other"} 50');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(120);
  });

  it('read gauges when somebody looks, and leave out what cannot be read', async () => {
    const metrics = new Metrics();
    let broken = false;
    metrics.gauge('age_seconds', 'Age.', ['state'], async () => {
      if (broken) throw new Error('the database is away');
      return [{ labels: { state: 'new' }, value: 7 }];
    });
    metrics.counter('seen_total', 'Seen.', ['kind'])({ kind: 'a' });
    expect(await metrics.render()).toContain('age_seconds{state="new"} 7');
    broken = true;
    const text = await metrics.render();
    expect(text).not.toContain('age_seconds{');
    expect(text).toContain('seen_total{kind="a"} 1');
  });
});
