import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { ApiError, apiErrors } from '../api-error.js';

const typeRules = new Set(['isString', 'isNumber', 'isBoolean', 'isObject', 'isArray', 'nestedValidation']);

/** Validates a body against its DTO class and names the first thing that is wrong. Unknown members are dropped. */
@Injectable()
export class DtoPipe implements PipeTransform {
  transform(sent: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if (type !== 'body' || metatype === undefined || metatype === Object) return sent;
    // No body means the same as an empty one (ACP §4.1).
    const value = sent === undefined ? {} : sent;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw apiErrors.invalidType('$', 'The body must be a JSON object.');
    }
    const dto = plainToInstance(metatype as new () => object, withoutConstructors(value) as object);
    const refusals = validateSync(dto, { whitelist: true }).flatMap((error) => toApiErrors(error, '$'));
    const [first] = refusals;
    const params = refusals.flatMap(({ options }) => options.param ?? []);
    if (first) throw new ApiError({ ...first.options, params });
    return dto;
  }
}

/** class-transformer takes a member of this name for the object's class, and calls it. */
function withoutConstructors(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutConstructors);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([name]) => name !== 'constructor');
  return Object.fromEntries(members.map(([name, member]) => [name, withoutConstructors(member)]));
}

function toApiErrors(error: ValidationError, parent: string): ApiError[] {
  const path = parent + (/^\d+$/.test(error.property) ? `[${error.property}]` : `.${error.property}`);
  const broken = Object.entries(error.constraints ?? {});
  // A value of the wrong type breaks other rules too; its type is what is wrong with it.
  const [rule, message] = broken.find(([name]) => typeRules.has(name)) ?? broken[0] ?? [];
  if (rule === undefined) {
    const inside = (error.children ?? []).flatMap((child) => toApiErrors(child, path));
    return inside.length > 0 ? inside : [apiErrors.invalid(path, `${path} is not valid.`)];
  }
  if (error.value === undefined) return [apiErrors.missing(path)];
  const text = `${path}: ${message}.`;
  return [typeRules.has(rule) ? apiErrors.invalidType(path, text) : apiErrors.invalid(path, text)];
}
