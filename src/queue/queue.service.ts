import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import {
  createPostgresBackend,
  Queue,
  setDefaultBackendFactory,
  Worker,
  type ConnectionOptions,
  type Job,
} from 'bullmq';
import { within } from '../common/pause.js';
import { StartError } from '../common/start-error.js';
import { Config } from '../config/config.js';
import { SteadyClient } from '../database/data-source.js';
import { StoreService } from '../database/store.service.js';
import { JobHandlers } from './job-handlers.js';
import { jobs, type JobName } from './jobs.js';

const queueName = 'storekeeper';
const concurrency = 4;
const readyTimeoutMs = 15_000;

/** BullMQ's own schema on PostgreSQL. */
export const queueSchema = 'queue';

/** Where the queue lives; decided at boot, once the embedded database is known. */
export abstract class QueueConnection {
  abstract readonly redisUrl: string | undefined;
  abstract readonly databaseUrl: string;
}

@Injectable()
export class QueueService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(QueueService.name);
  private queue: Queue;
  private worker: Worker | undefined;
  private readonly running = new Set<string>();

  constructor(
    private readonly config: Config,
    @Inject(QueueConnection) private readonly where: QueueConnection,
    private readonly handlers: JobHandlers,
    private readonly store: StoreService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const handlers = this.handlers.collect();
    // Two shops may share a Redis; the braces keep one shop's keys on one node of a cluster.
    const options = { connection: this.connection(), prefix: `{storekeeper:${this.store.instanceId}}` };
    this.queue = new Queue(queueName, options);
    this.queue.on('error', (error) => this.logger.error(`queue: ${error.message}`));
    const ready = await within(this.queue.waitUntilReady(), readyTimeoutMs, 'late' as const);
    if (ready === 'late')
      throw new StartError(
        `The queue's store does not answer: check ${this.where.redisUrl ? 'REDIS_URL' : 'DATABASE_DIRECT_URL'}.`,
      );
    if (this.config.role === 'api') return;
    this.worker = new Worker(queueName, (job) => this.run(job, handlers), { ...options, concurrency });
    this.worker.on('error', (error) => this.logger.error(`queue worker: ${error.message}`));
    await this.scheduleSweeps();
  }

  /** The jobs under way are finished before the database goes away. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.worker?.close();
    await this.queue?.close();
  }

  /** Resolves when the queue's store answers. */
  async ping(): Promise<void> {
    await this.queue.getJobCountByTypes('waiting');
  }

  private async run(job: Job, handlers: Map<JobName, () => Promise<void>>): Promise<void> {
    const handle = handlers.get(job.name as JobName);
    if (!handle)
      throw new Error(`no handler for job ${job.name}; is a newer version running on this database?`);
    // A sweep that takes longer than its interval is not joined by another: it would only take slots from the others.
    if (this.running.has(job.name)) return;
    this.running.add(job.name);
    try {
      await handle();
    } catch (error) {
      this.logger.error({ event: 'job.failed', job: job.name, error });
      throw error;
    } finally {
      this.running.delete(job.name);
    }
  }

  private async scheduleSweeps(): Promise<void> {
    for (const [name, { every }] of Object.entries(jobs)) {
      await this.queue.upsertJobScheduler(
        name,
        { every: this.config.timings[every] },
        { name, opts: { removeOnComplete: true, removeOnFail: 100 } },
      );
    }
  }

  private connection(): ConnectionOptions {
    if (this.where.redisUrl) return { url: this.where.redisUrl, maxRetriesPerRequest: null };
    setDefaultBackendFactory(createPostgresBackend as never);
    return {
      connectionString: this.where.databaseUrl,
      Client: SteadyClient,
      schema: queueSchema,
      max: 4,
      migrate: true,
    };
  }
}
