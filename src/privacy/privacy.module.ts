import { Module } from '@nestjs/common';
import { ErasePersonService } from './erase-person.service.js';
import { EraseSubjectService } from './erase-subject.service.js';
import { ExportPersonService } from './export-person.service.js';
import { PersonStore } from './person.store.js';
import { PrivacyAdminController } from './privacy.admin.controller.js';
import { ProviderBodies } from './provider-bodies.js';
import { StoredReplies } from './stored-replies.js';

/** A person's copy, and their erasure. Knows every table (`personal-columns.ts`); no other module knows it. */
@Module({
  controllers: [PrivacyAdminController],
  providers: [
    PersonStore,
    StoredReplies,
    ProviderBodies,
    EraseSubjectService,
    ErasePersonService,
    ExportPersonService,
  ],
  exports: [EraseSubjectService],
})
export class PrivacyModule {}
