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
import { pause, within } from '../common/pause.js';
import { StartError } from '../common/start-error.js';
import { Config } from '../config/config.js';
import { SteadyClient } from '../database/data-source.js';
import { StoreService } from '../database/store.service.js';
import { type JobHandler, JobHandlers } from './job-handlers.js';
import { jobs, type JobName } from './jobs.js';
import { OneAtATime } from './one-at-a-time.js';

const queueName = 'storekeeper';
const concurrency = 4;
const readyTimeoutMs = 15_000;
/** Longer than any call to a payment provider that a job may be in. */
const closeTimeoutMs = 30_000;

/** Wishes to wake a job are gathered for so long, so that a burst of rows costs a few jobs. */
const wakeAfterMs = 50;
/** A wake-up has an id, so that at most one waits for a worker, however long none is there. */
const wakePrefix = 'wake-';

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
  private byName = new Map<JobName, JobHandler>();
  private stopping = false;
  private scheduleCheck: NodeJS.Timeout | undefined;
  private readonly wakes = new OneAtATime();
  private readonly runs = new OneAtATime();

  constructor(
    private readonly config: Config,
    @Inject(QueueConnection) private readonly where: QueueConnection,
    private readonly handlers: JobHandlers,
    private readonly store: StoreService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.byName = this.handlers.collect();
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
    // Before there is a worker: it would carry on a schedule that an earlier start had left.
    await this.scheduleSweeps();
    this.worker = new Worker(queueName, (job) => this.sweep(job), { ...options, concurrency });
    this.worker.on('error', (error) => this.logger.error(`queue worker: ${error.message}`));
    this.worker.on('completed', (job) => this.afterWake(job));
    this.scheduleCheck = setInterval(
      () => void this.restoreSchedules(),
      this.config.timings.schedulesEveryMs,
    );
  }

  /**
   * The jobs under way are finished before the database goes away. A queue's store that does not answer keeps nobody
   * from stopping: what is in it is only wake-ups.
   */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearInterval(this.scheduleCheck);
    await this.inTime('worker', this.worker?.close());
    await this.inTime('jobs', this.runs.idle());
    await this.inTime('queue', this.queue?.close());
  }

  private async inTime(what: string, closing: Promise<void> | undefined): Promise<void> {
    if (!closing) return;
    const late = await within(
      closing.then(() => false),
      closeTimeoutMs,
      true,
    );
    if (late) this.logger.warn({ event: 'queue.close_late', what });
  }

  /**
   * Has a job run soon, in whatever process works. Call it after the commit: it neither waits nor throws. What it
   * cannot do, the job's next sweep does.
   */
  wake(name: JobName): void {
    this.wakes
      .run(name, () => this.addWake(name), { again: true })
      .catch((error: unknown) => {
        this.logger.warn({ event: 'job.wake_failed', job: name, error });
      });
  }

  /** Resolves when the queue's store answers. */
  async ping(): Promise<void> {
    await this.queue.getJobCountByTypes('waiting');
  }

  private async addWake(name: JobName): Promise<void> {
    await pause(wakeAfterMs);
    if (this.stopping) return;
    const jobId = `${wakePrefix}${name}`;
    await this.queue.add(name, {}, { jobId, removeOnComplete: true, removeOnFail: true });
  }

  /**
   * The work of a wake-up begins when its job is gone from the queue: until then another wake-up is not taken in, so
   * whatever asked for it was committed before the work looks.
   */
  private afterWake(job: Job): void {
    if (!isWake(job)) return;
    this.runs.run(job.name, () => this.handle(job.name), { again: true }).catch(() => undefined);
  }

  /** A sweep that takes longer than its interval is not joined by another: it would only take slots from the others. */
  private async sweep(job: Job): Promise<void> {
    if (isWake(job)) return;
    await this.runs.run(job.name, () => this.handle(job.name), { again: false });
  }

  private async handle(name: string): Promise<void> {
    try {
      const handler = this.byName.get(name as JobName);
      if (!handler)
        throw new Error(`no handler for job ${name}; is a newer version running on this database?`);
      await handler();
    } catch (error) {
      this.logger.error({ event: 'job.failed', job: name, error });
      throw error;
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

  /** A Redis that lost its memory has lost the schedules too, and nobody would sweep any more. */
  private async restoreSchedules(): Promise<void> {
    try {
      if ((await this.queue.getJobSchedulersCount()) >= Object.keys(jobs).length) return;
      this.logger.warn({ event: 'queue.schedules_lost' });
      if (!this.stopping) await this.scheduleSweeps();
    } catch (error) {
      this.logger.warn({ event: 'queue.schedules_unknown', error });
    }
  }

  private connection(): ConnectionOptions {
    const { redisUrl } = this.where;
    // Both ways: in a test one shop may follow another in the same process.
    setDefaultBackendFactory(redisUrl ? undefined : (createPostgresBackend as never));
    if (redisUrl) return { url: redisUrl, maxRetriesPerRequest: null };
    return {
      connectionString: this.where.databaseUrl,
      Client: SteadyClient,
      schema: queueSchema,
      max: 4,
      migrate: true,
    };
  }
}

const isWake = (job: Job): boolean => job.id?.startsWith(wakePrefix) ?? false;
