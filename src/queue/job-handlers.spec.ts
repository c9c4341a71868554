import 'reflect-metadata';
import { MetadataScanner, Reflector } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { JobHandlers } from './job-handlers.js';
import { jobs } from './jobs.js';
import { OnJob } from './on-job.decorator.js';

class Sweeps {
  ran: string[] = [];

  @OnJob('checkout.reconcile')
  async reconcile(): Promise<void> {
    this.ran.push('reconcile');
  }

  @OnJob('checkout.expire')
  async expire(): Promise<void> {
    this.ran.push('expire');
  }
}

class Reaper {
  @OnJob('idempotency.reap')
  async reap(): Promise<void> {}
}

const collect = (...instances: object[]): ReturnType<JobHandlers['collect']> =>
  new JobHandlers(
    { getProviders: () => instances.map((instance) => ({ instance })) } as never,
    new MetadataScanner(),
    new Reflector(),
  ).collect();

describe('job handlers', () => {
  it('are found for every job, and run on their own instance', async () => {
    const sweeps = new Sweeps();
    const found = collect(sweeps, new Reaper());
    expect([...found.keys()].sort()).toEqual(Object.keys(jobs).sort());
    await found.get('checkout.expire')?.();
    expect(sweeps.ran).toEqual(['expire']);
  });

  it('stop the boot if a job has none', () => {
    expect(() => collect(new Sweeps())).toThrow('idempotency.reap has 0');
  });

  it('stop the boot if a job has two', () => {
    expect(() => collect(new Sweeps(), new Reaper(), new Reaper())).toThrow('idempotency.reap has 2');
  });
});
