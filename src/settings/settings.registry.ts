import { Inject, Injectable } from '@nestjs/common';
import { StartError } from '../common/start-error.js';
import type { AnyNamespace, SettingProblem, SettingsNamespace } from './namespace.js';

export const settingsNamespaces = Symbol('settings namespaces');

type Rule = (values: object) => SettingProblem[];

/** The namespaces of this program, as `app.module.ts` lists them. */
@Injectable()
export class SettingsRegistry {
  private readonly byName = new Map<string, AnyNamespace>();
  private readonly rules = new Map<string, Rule[]>();

  constructor(@Inject(settingsNamespaces) namespaces: readonly AnyNamespace[]) {
    for (const one of namespaces) {
      if (this.byName.has(one.namespace)) {
        throw new StartError(
          `Two classes declare the settings namespace "${one.namespace}"; give one of them another name.`,
        );
      }
      this.byName.set(one.namespace, one);
    }
  }

  all(): AnyNamespace[] {
    return [...this.byName.values()].sort((a, b) => (a.namespace < b.namespace ? -1 : 1));
  }

  find(name: string): AnyNamespace | undefined {
    return this.byName.get(name);
  }

  isListed(namespace: AnyNamespace): boolean {
    return this.byName.get(namespace.namespace) === namespace;
  }

  /**
   * What is to hold of a change beside the namespace's own checks: what depends on the other parts of this program. It
   * is not held against what is stored, because those parts may go while a value stays.
   */
  addRule<T extends object>(
    { namespace }: SettingsNamespace<T>,
    rule: (values: T) => SettingProblem[],
  ): void {
    this.rules.set(namespace, [...(this.rules.get(namespace) ?? []), rule as Rule]);
  }

  brokenRules({ namespace }: AnyNamespace, values: object): SettingProblem[] {
    return (this.rules.get(namespace) ?? []).flatMap((rule) => rule(values));
  }
}
