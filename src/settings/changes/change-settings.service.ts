import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Database, type Tx } from '../../database/database.js';
import type { AnyNamespace, SettingProblem } from '../namespace.js';
import type { OpenedValues } from '../secret-members.js';
import type { Setting } from '../setting.entity.js';
import { etagOf, settingsErrors } from '../settings.errors.js';
import { SettingsService } from '../settings.service.js';
import { audited } from '../settings.view.js';
import { type Draft, type MemberChange, restored } from './settings-draft.js';
import { SettingsInspector } from './settings-inspector.js';
import { SettingsStore } from './settings.store.js';

/** Who changes what, on which version of it (whatever is current, if that is undefined), or only asks what would be. */
export interface ChangeRequest {
  namespace: string;
  actor: string;
  expected: number[] | undefined;
  dryRun: boolean;
}

/** The new values of some members, or the version whose values are wanted back: 0 is the one before any change. */
export type Change = { patch: unknown } | { restore: number };

/** What a change would do, and everything that keeps it from being made. */
export interface Preview {
  valid: boolean;
  errors: SettingProblem[];
  changes: MemberChange[];
}

/** Ends the caller's request in the transaction that made the change. */
export type Finish = (
  tx: Tx,
  reply: { body: object; headers?: Record<string, string>; keep?: boolean },
) => Promise<void>;

/** Changes settings: validated whole, one after the other, each a version that can be gone back to. */
@Injectable()
export class ChangeSettingsService {
  constructor(
    private readonly db: Database,
    private readonly store: SettingsStore,
    private readonly inspector: SettingsInspector,
    private readonly audit: AuditService,
    private readonly settings: SettingsService,
  ) {}

  async change(request: ChangeRequest, change: Change, finish: Finish): Promise<void> {
    const namespace = this.inspector.named(request.namespace);
    await (request.dryRun
      ? this.preview(namespace, request, change, finish)
      : this.write(namespace, request, change, finish));
  }

  private async write(
    namespace: AnyNamespace,
    { expected, actor }: ChangeRequest,
    change: Change,
    finish: Finish,
  ): Promise<void> {
    await this.db.transaction(async (tx) => {
      const row = await this.store.lock(tx, namespace.namespace, actor);
      refuseOutdated(expected, row.version);
      const before = this.inspector.open(namespace, row.values);
      const draft = await this.draft(tx, namespace, before, change);
      const problems = this.inspector.problems(namespace, draft);
      if (problems.length > 0) throw settingsErrors.invalid(problems);
      const after = { values: draft.values, broken: [] };
      const saved =
        draft.changed.length > 0 ? await this.save(tx, namespace, row, draft, change, actor) : row;
      if (saved !== row) await this.append(tx, namespace, row, saved, { before, after, draft });
      const body = this.inspector.view(namespace, saved, after);
      await finish(tx, { body, headers: { ETag: etagOf(saved.version) } });
    });
    this.settings.forget();
  }

  /** Writes nothing; the answer is of this moment and is not kept for the request's key. */
  private async preview(
    namespace: AnyNamespace,
    { expected }: ChangeRequest,
    change: Change,
    finish: Finish,
  ): Promise<void> {
    const tx = this.db.dataSource.manager;
    const row = await this.store.find(namespace.namespace);
    refuseOutdated(expected, row?.version ?? 0);
    const before = this.inspector.open(namespace, row?.values);
    const draft = await this.draft(tx, namespace, before, change);
    const errors = this.inspector.problems(namespace, draft);
    const after = { values: draft.values, broken: [] };
    const changes = this.inspector.changes(namespace, draft.changed, { before, after });
    await finish(tx, {
      body: { valid: errors.length === 0, errors, changes } satisfies Preview,
      keep: false,
    });
  }

  private async draft(tx: Tx, namespace: AnyNamespace, before: OpenedValues, change: Change): Promise<Draft> {
    if ('patch' in change) return this.inspector.patched(namespace, before, asObject(change.patch));
    const earlier = await this.store.findVersion(tx, namespace.namespace, change.restore);
    if (!earlier && change.restore > 0) throw settingsErrors.unknownVersion();
    return restored(before, this.inspector.open(namespace, earlier?.values));
  }

  private save(
    tx: Tx,
    namespace: AnyNamespace,
    row: Setting,
    draft: Draft,
    change: Change,
    actor: string,
  ): Promise<Setting> {
    return this.store.save(tx, {
      namespace: namespace.namespace,
      version: row.version + 1,
      values: this.inspector.seal(namespace, draft, row.values),
      changed: draft.changed,
      restoredVersion: 'restore' in change ? change.restore : null,
      updatedBy: actor,
    });
  }

  private async append(
    tx: Tx,
    namespace: AnyNamespace,
    row: Setting,
    saved: Setting,
    { before, after, draft }: { before: OpenedValues; after: OpenedValues; draft: Draft },
  ): Promise<void> {
    const changes = this.inspector.changes(namespace, draft.changed, { before, after, show: audited });
    const values = (side: 'before' | 'after'): object =>
      Object.fromEntries(changes.map((change) => [change.member, change[side]]));
    await this.audit.append(tx, {
      actor: saved.updatedBy,
      action: 'settings.changed',
      subject: namespace.namespace,
      before: { version: row.version, values: values('before') },
      after: { version: saved.version, values: values('after') },
    });
  }
}

function refuseOutdated(expected: number[] | undefined, current: number): void {
  if (expected && !expected.includes(current)) throw settingsErrors.outdated(current);
}

/** No body means the same as an empty one: no change. */
function asObject(patch: unknown): Record<string, unknown> {
  if (patch === undefined) return {};
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) throw settingsErrors.notAnObject();
  return patch as Record<string, unknown>;
}
