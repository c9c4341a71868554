import { Injectable } from '@nestjs/common';
import { type AnyNamespace, pathStep, type SettingProblem } from './namespace.js';
import { SecretBox } from './secret-box.js';

export interface OpenedValues {
  values: Record<string, unknown>;
  /** Secrets that cannot be read; they are missing in `values`. */
  broken: SettingProblem[];
}

/** What a ciphertext of a setting is bound to. The same for all versions of it: a rollback brings it back. */
export const secretContext = (namespace: string, member: string): string => `${namespace}.${member}`;

/** The secret members of stored settings. */
@Injectable()
export class SecretMembers {
  constructor(private readonly box: SecretBox) {}

  open({ namespace, secrets = [] }: AnyNamespace, sealed: Record<string, unknown>): OpenedValues {
    const broken: SettingProblem[] = [];
    const members = Object.entries(sealed).flatMap(([name, value]) => {
      if (!secrets.includes(name)) return [[name, value] as const];
      try {
        return [[name, this.box.decrypt(String(value), secretContext(namespace, name))] as const];
      } catch {
        const message = 'cannot be decrypted: set it anew, or give the process the key it was encrypted with';
        broken.push({ param: pathStep('$', name), message });
        return [];
      }
    });
    return { values: Object.fromEntries(members), broken };
  }

  /** As it is stored. A secret is valid, and so a string, before it is sealed. */
  seal({ namespace, secrets = [] }: AnyNamespace, member: string, value: unknown): unknown {
    return secrets.includes(member)
      ? this.box.encrypt(String(value), secretContext(namespace, member))
      : value;
  }
}
