import { type Config, isLive, isLoopback, isTestKey, sandboxSecrets } from '../../config/config.js';
import { pathStep, type SettingProblem } from '../../settings/namespace.js';

const wellKnown = new Set(Object.values(sandboxSecrets));

/** Keys that this process must not use, whoever names them: what holds for the environment holds for the settings. */
export function keyProblems(
  { sandbox, allowTestPsp }: Config,
  apiBase: string | undefined,
  key: { member: string; value: string | undefined },
): SettingProblem[] {
  const { member, value } = key;
  const live = isLive(value);
  const message = [
    live && sandbox && 'is a live key, and this is sandbox mode, where everybody knows the keys',
    live && isLoopback(apiBase) && 'is a live key, and what the process calls is a loopback address',
    !sandbox && isTestKey(value) && !allowTestPsp && 'is a test-mode key; ALLOW_TEST_PSP=true allows it',
  ].find((reason) => reason !== false);
  return message ? [{ param: pathStep('$', member), message }] : [];
}

/** The well-known secrets of the sandbox are nobody's secrets anywhere else. */
export const wellKnownProblems = <T extends object>(
  { sandbox }: Config,
  values: T,
  members: readonly (keyof T & string)[],
): SettingProblem[] =>
  members
    .filter((member) => !sandbox && wellKnown.has(String(values[member])))
    .map((member) => ({ param: pathStep('$', member), message: 'is a well-known sandbox value' }));
