import { describe, expect, it } from 'vitest';
import { secondsUntilNext } from './email.schedule.js';

describe('the schedule of e-mails', () => {
  it('begins with seconds, ends with hours and gives up after about a day', () => {
    const waits: number[] = [];
    for (let attempts = 1; ; attempts += 1) {
      const wait = secondsUntilNext(attempts, 0.5);
      if (wait === null) break;
      waits.push(wait);
    }
    expect(waits).toEqual([10, 60, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 28_800]);
    expect(waits.reduce((sum, wait) => sum + wait) / 3600).toBeCloseTo(24, 0);
  });

  it('strays by a fifth to either side', () => {
    expect([secondsUntilNext(2, 0), secondsUntilNext(2, 1)]).toEqual([48, expect.closeTo(72)]);
  });
});
