import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import type { AnyNamespace, SettingProblem } from '../namespace.js';
import { type OpenedValues, SecretMembers } from '../secret-members.js';
import type { Setting } from '../setting.entity.js';
import { settingsErrors } from '../settings.errors.js';
import { SettingsRegistry } from '../settings.registry.js';
import { jsonSchemaOf } from '../settings.schema.js';
import { namespaceView, type shown } from '../settings.view.js';
import { type Draft, draftProblems, type MemberChange, memberChanges, patched } from './settings-draft.js';

/** Looks at stored settings: what they come to, what is wrong with them, what a change of them would do. */
@Injectable()
export class SettingsInspector {
  constructor(
    private readonly registry: SettingsRegistry,
    private readonly secrets: SecretMembers,
    private readonly config: Config,
  ) {}

  all(): AnyNamespace[] {
    return this.registry.all();
  }

  named(name: string): AnyNamespace {
    const namespace = this.registry.find(name);
    if (!namespace) throw settingsErrors.unknownNamespace();
    return namespace;
  }

  schemas(): Record<string, object> {
    return Object.fromEntries(
      this.all().map((one) => [one.namespace, jsonSchemaOf(one, one.defaults(this.config))]),
    );
  }

  open(namespace: AnyNamespace, stored: Record<string, unknown> | null | undefined): OpenedValues {
    return this.secrets.open(namespace, stored ?? {});
  }

  patched(namespace: AnyNamespace, before: OpenedValues, patch: Record<string, unknown>): Draft {
    return patched(namespace, before, patch, this.config);
  }

  /** As it is stored: a secret that did not change keeps its ciphertext. */
  seal(namespace: AnyNamespace, { values, changed }: Draft, before: Setting['values']): Setting['values'] {
    return Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        changed.includes(name) ? this.secrets.seal(namespace, name, value) : before[name],
      ]),
    );
  }

  problems(namespace: AnyNamespace, draft: Draft): SettingProblem[] {
    return draftProblems(namespace, draft, this.config, this.registry);
  }

  changes(
    namespace: AnyNamespace,
    members: string[],
    values: { before: OpenedValues; after: OpenedValues; show?: typeof shown },
  ): MemberChange[] {
    return memberChanges(namespace, this.config, members, values);
  }

  view(namespace: AnyNamespace, row: Setting | undefined, opened: OpenedValues): Record<string, unknown> {
    return namespaceView(namespace, row, opened, this.config);
  }
}
