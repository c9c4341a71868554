import { ApiError, apiErrors } from '../common/api-error.js';
import type { SettingProblem } from './namespace.js';

const shownProblems = 50;

export const settingsErrors = {
  unknownNamespace: () => apiErrors.notFound('The settings namespace'),
  unknownVersion: () => apiErrors.notFound('This version of the settings'),
  notAnObject: () => apiErrors.invalidType('$', 'The body must be a JSON object with the members to change.'),
  /** The flat error has room for one place: `param` is the first, the message names them all. */
  invalid: (problems: SettingProblem[]) => {
    const named = problems.slice(0, shownProblems).map(({ param, message }) => `${param}: ${message}`);
    const more = problems.length > shownProblems ? [`and ${problems.length - shownProblems} more`] : [];
    return new ApiError({
      status: 400,
      code: 'invalid',
      message: `Nothing was changed. ${[...named, ...more].join('; ')}.`,
      param: problems[0]?.param,
      params: problems.map(({ param }) => param),
    });
  },
  /** Somebody else was first. Not kept: with the current version the same request may go through. */
  outdated: (version: number) =>
    new ApiError({
      status: 409,
      code: 'version_conflict',
      message: `The settings were changed meanwhile: the current version is ${version}, If-Match names another.`,
      param: '$.headers["If-Match"]',
      etag: etagOf(version),
      storable: false,
    }),
  badIfMatch: () => besideBody('$.headers["If-Match"]', 'If-Match must be a version such as 3 or "3".'),
  badDryRun: () => besideBody('$.dry_run', 'dry_run must be true or false.'),
};

/** Not kept: an idempotency key stands for the body, and said rightly beside it the same request may go through. */
const besideBody = (param: string, message: string): ApiError =>
  new ApiError({ status: 400, code: 'invalid', message, param, storable: false });

export const etagOf = (version: number): string => `"${version}"`;
