import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync, type ValidationError } from 'class-validator';
import type { Config } from '../config/config.js';
import { memberOf, pathStep, type SettingProblem, type SettingsNamespace } from './namespace.js';

const typeRules = ['isString', 'isNumber', 'isInt', 'isBoolean', 'isObject', 'isArray', 'nestedValidation'];

/** The members of a namespace, in the order of their declaration. */
export function membersOf(namespace: new () => object): string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(namespace, '', false, false);
  return [...new Set(rules.map(({ propertyName }) => propertyName))];
}

export interface Validated<T> {
  values: T;
  problems: SettingProblem[];
}

/**
 * Everything that is wrong with a whole namespace, all at once. With `strict` also members inside of a value that
 * nobody declares; what is stored may hold some that a newer version has written, and they are left out.
 */
export function validateSettings<T extends object>(
  namespace: SettingsNamespace<T>,
  plain: Record<string, unknown>,
  config: Config,
  { strict, rules }: { strict: boolean; rules?: (values: T) => SettingProblem[] },
): Validated<T> {
  const impossible = reservedNames(plain, '$');
  const unusable = impossible.map(memberOf);
  const usable = Object.entries(plain).filter(([name]) => !unusable.includes(name));
  const values = plainToInstance(namespace, Object.fromEntries(usable));
  const broken = validateSync(values, { whitelist: true, forbidNonWhitelisted: strict });
  const found = broken.filter(({ property }) => !unusable.includes(property));
  const problems = [...impossible, ...found.flatMap((error) => problemsOf(error, '$'))];
  // Each is judged with what the ones before it have found.
  for (const check of [() => namespace.check?.(values, config), () => rules?.(values)]) {
    const more = checked(check, problems);
    problems.push(...more.filter((one) => !isInside(one, problems)));
  }
  return { values, problems: unique(problems) };
}

/** Of what is wrong as a whole the parts need not be told. */
const isInside = ({ param }: SettingProblem, problems: SettingProblem[]): boolean =>
  problems.some((whole) => param.startsWith(`${whole.param}.`) || param.startsWith(`${whole.param}[`));

function checked(check: () => SettingProblem[] | undefined, known: SettingProblem[]): SettingProblem[] {
  try {
    return check() ?? [];
  } catch (error) {
    // A check may stumble over what is already known to be of a wrong type.
    if (known.length > 0) return [];
    throw error;
  }
}

/** class-transformer takes a `constructor` for the object's class, and leaves the names of methods out. */
function reservedNames(value: unknown, path: string): SettingProblem[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const param = pathStep(path, Array.isArray(value) ? Number(name) : name);
    return name in {} ? [{ param, message: 'is not a possible name' }] : reservedNames(member, param);
  });
}

function problemsOf(error: ValidationError, parent: string): SettingProblem[] {
  const index = Array.isArray(error.target) ? Number(error.property) : error.property;
  const param = pathStep(parent, index);
  const broken = Object.entries(error.constraints ?? {});
  const [first] = broken;
  if (!first) return (error.children ?? []).flatMap((child) => problemsOf(child, param));
  // A value of the wrong type breaks other rules too; its type is what is wrong with it.
  const [rule, message] = broken.find(([name]) => typeRules.includes(name)) ?? first;
  if (rule === 'whitelistValidation') return [{ param, message: 'is not known here' }];
  const subject = `${error.property} `;
  const text = message.startsWith(subject) ? message.slice(subject.length) : message;
  return [{ param, message: error.value === undefined ? 'is required' : text }];
}

/** One reason for each place. */
const unique = (problems: SettingProblem[]): SettingProblem[] =>
  [...new Map(problems.toReversed().map((problem) => [problem.param, problem])).values()].reverse();
