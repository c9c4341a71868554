import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { StartError } from '../common/start-error.js';
import { jobs, type JobName } from './jobs.js';
import { onJobKey } from './on-job.decorator.js';

export type JobHandler = () => Promise<void>;

/** Finds the methods marked with `@OnJob`. */
@Injectable()
export class JobHandlers {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  /** Throws a sentence that names every job without exactly one handler. */
  collect(): Map<JobName, JobHandler> {
    const found = this.discovery.getProviders().flatMap(({ instance }) => this.handlersOf(instance));
    const problems = Object.keys(jobs)
      .map((name) => ({ name, count: found.filter((handler) => handler.name === name).length }))
      .filter(({ count }) => count !== 1)
      .map(({ name, count }) => `${name} has ${count}`);
    if (problems.length > 0)
      throw new StartError(`Every job needs exactly one @OnJob handler: ${problems.join(', ')}.`);
    return new Map(found.map(({ name, handle }) => [name, handle]));
  }

  private handlersOf(instance: unknown): { name: JobName; handle: JobHandler }[] {
    if (typeof instance !== 'object' || instance === null) return [];
    const methods = instance as Record<string, JobHandler>;
    return this.scanner.getAllMethodNames(Object.getPrototypeOf(instance) as object).flatMap((method) => {
      const handler = methods[method];
      const name = handler && this.reflector.get<JobName | undefined>(onJobKey, handler);
      return name ? [{ name, handle: () => handler.call(instance) }] : [];
    });
  }
}
