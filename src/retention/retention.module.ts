import { Module } from '@nestjs/common';
import { PrivacyModule } from '../privacy/privacy.module.js';
import { RetentionSweep } from './retention.sweep.js';

/** What is no longer needed goes, after as long as the merchant says. */
@Module({ imports: [PrivacyModule], providers: [RetentionSweep] })
export class RetentionModule {}
