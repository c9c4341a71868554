import type { Config } from '../../src/config/config.js';
import type { Timings } from '../../src/config/timings.js';

/** Has one service of a process go by other timings than the rest of it. Returns what ends that. */
export function withTimings(service: object, timings: Partial<Timings>): () => void {
  const own = service as { config?: Config };
  const { config } = own;
  if (!config) throw new Error(`${service.constructor.name} has no config; the test is out of date`);
  own.config = { ...config, timings: { ...config.timings, ...timings } };
  return () => void (own.config = config);
}
