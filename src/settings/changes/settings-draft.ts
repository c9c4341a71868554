import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../../config/config.js';
import { type AnyNamespace, memberOf, pathStep, type SettingProblem } from '../namespace.js';
import type { OpenedValues } from '../secret-members.js';
import { unstored } from '../settings.effective.js';
import type { SettingsRegistry } from '../settings.registry.js';
import { membersOf, validateSettings } from '../settings.validation.js';
import { shown } from '../settings.view.js';

/** What a namespace's stored values would be after a change, secrets in the clear. */
export interface Draft {
  values: Record<string, unknown>;
  /** Members of which the change says something new. */
  changed: string[];
  /** What can be seen to be wrong before the values are looked at. */
  problems: SettingProblem[];
}

/** Replaces each named member whole; null takes it back to the environment's value or the default. */
export function patched(
  namespace: AnyNamespace,
  before: OpenedValues,
  wanted: Record<string, unknown>,
  config: Config,
): Draft {
  const known = membersOf(namespace);
  const patch = { ...wanted, ...replacedSecrets(namespace, before, wanted, config) };
  const unknown = Object.keys(patch).filter((name) => !known.includes(name));
  const named = Object.entries(patch).filter(([name]) => known.includes(name));
  const kept = Object.entries(before.values).filter(([name]) => !Object.hasOwn(patch, name));
  return {
    values: Object.fromEntries([...kept, ...named.filter(([, value]) => value !== null)]),
    changed: named.filter((member) => says(namespace, before, member)).map(([name]) => name),
    problems: [
      ...unknown.map((name) => ({ param: pathStep('$', name), message: 'there is no such setting' })),
      ...before.broken.filter((problem) => !Object.hasOwn(patch, memberOf(problem))),
    ],
  };
}

/** Secrets that another one takes the place of, where they are to be kept for as long as both are in use. */
function replacedSecrets(
  namespace: AnyNamespace,
  { values, broken }: OpenedValues,
  wanted: Record<string, unknown>,
  config: Config,
): Record<string, unknown> {
  const otherwise = unstored(namespace, config, {});
  const moves = Object.entries(namespace.previous ?? {}).flatMap(([current, previous]) => {
    if (!Object.hasOwn(wanted, current) || Object.hasOwn(wanted, previous)) return [];
    if (broken.some((problem) => memberOf(problem) === current)) return [];
    const [was, is] = [values[current] ?? otherwise[current], wanted[current] ?? otherwise[current]];
    // To set the same once more is no changeover, and to set none ends it.
    if (!was || !is || was === is) return [];
    // What comes from the environment stays there: where nothing is stored it stands in by itself.
    return [[previous, values[current] ?? null] as const];
  });
  return Object.fromEntries(moves);
}

/** A secret that is set is always new: whether it is the same as before is nobody's business. */
function says(
  { secrets = [] }: AnyNamespace,
  before: OpenedValues,
  [name, value]: [string, unknown],
): boolean {
  const isStored =
    Object.hasOwn(before.values, name) || before.broken.some((problem) => memberOf(problem) === name);
  if (value === null) return isStored;
  return secrets.includes(name) || !isDeepStrictEqual(before.values[name], value);
}

/** Brings the values of an earlier version back. */
export function restored(before: OpenedValues, earlier: OpenedValues): Draft {
  const unreadable = before.broken.map(memberOf);
  const names = new Set([...Object.keys(before.values), ...Object.keys(earlier.values), ...unreadable]);
  return {
    values: earlier.values,
    changed: [...names].filter(
      (name) => unreadable.includes(name) || !isDeepStrictEqual(before.values[name], earlier.values[name]),
    ),
    problems: earlier.broken,
  };
}

/**
 * Everything that keeps a draft from being written. What the environment or a default brings in is not the change's
 * fault: the namespace itself shows it.
 */
export function draftProblems(
  namespace: AnyNamespace,
  draft: Draft,
  config: Config,
  registry: SettingsRegistry,
): SettingProblem[] {
  const declared = membersOf(namespace);
  const stored = Object.entries(draft.values).filter(([name]) => declared.includes(name));
  const plain = { ...unstored(namespace, config, draft.values), ...Object.fromEntries(stored) };
  const rules = (values: object) => registry.brokenRules(namespace, values);
  const { problems } = validateSettings(namespace, plain, config, { strict: true, rules });
  return [...draft.problems, ...problems.filter((problem) => Object.hasOwn(draft.values, memberOf(problem)))];
}

/** What a change does to one member: what applied before and what applies then, secrets masked. */
export interface MemberChange {
  member: string;
  before: unknown;
  after: unknown;
}

/** Where nothing is stored, what the environment or the default says today. */
export function memberChanges(
  namespace: AnyNamespace,
  config: Config,
  members: string[],
  { before, after, show = shown }: { before: OpenedValues; after: OpenedValues; show?: typeof shown },
): MemberChange[] {
  const order = membersOf(namespace);
  const valueIn = ({ values, broken }: OpenedValues, member: string): unknown =>
    broken.some((problem) => memberOf(problem) === member)
      ? anySecret
      : { ...unstored(namespace, config, values), ...values }[member];
  const inOrder = members.toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
  return inOrder.map((member) => ({
    member,
    before: show(namespace, member, valueIn(before, member)),
    after: show(namespace, member, valueIn(after, member)),
  }));
}

/** Stands for a secret that cannot be read: shown as one that is set. */
export const anySecret = Symbol('a secret');
