import { SetMetadata } from '@nestjs/common';
import type { JobName } from './jobs.js';

export const onJobKey = 'storekeeper:on-job';

/** Marks the one method that handles a job. The boot fails if a job has no handler, or two. */
export const OnJob = (name: JobName): MethodDecorator => SetMetadata(onJobKey, name);
