import 'reflect-metadata';
import { MetadataScanner, Reflector } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { JobHandlers } from './job-handlers.js';
import { type JobName, jobs } from './jobs.js';
import { OnJob } from './on-job.decorator.js';

const jobNames = Object.keys(jobs) as JobName[];

/** A class whose methods `job0`, `job1`, ... handle these jobs. */
function handlerOf(...names: JobName[]): { ran: JobName[] } {
  class Handler {
    ran: JobName[] = [];
  }
  names.forEach((name, n) => {
    const method = async function (this: Handler): Promise<void> {
      this.ran.push(name);
    };
    Object.defineProperty(Handler.prototype, `job${n}`, {
      value: method,
      writable: true,
      configurable: true,
    });
    const descriptor = Object.getOwnPropertyDescriptor(Handler.prototype, `job${n}`) as PropertyDescriptor;
    OnJob(name)(Handler.prototype, `job${n}`, descriptor);
  });
  return new Handler();
}

const collect = (...instances: object[]): ReturnType<JobHandlers['collect']> =>
  new JobHandlers(
    { getProviders: () => instances.map((instance) => ({ instance })) } as never,
    new MetadataScanner(),
    new Reflector(),
  ).collect();

describe('job handlers', () => {
  const [first, ...others] = jobNames as [JobName, ...JobName[]];

  it('are found for every job, and run on their own instance', async () => {
    const handler = handlerOf(...others);
    const found = collect(handler, handlerOf(first));
    expect([...found.keys()].sort()).toEqual([...jobNames].sort());
    await found.get(others[0] as JobName)?.();
    expect(handler.ran).toEqual([others[0]]);
  });

  it('stop the boot if a job has none', () => {
    expect(() => collect(handlerOf(...others))).toThrow(`${first} has 0`);
  });

  it('stop the boot if a job has two', () => {
    expect(() => collect(handlerOf(...jobNames), handlerOf(first))).toThrow(`${first} has 2`);
  });
});
