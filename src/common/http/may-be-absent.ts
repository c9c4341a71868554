import { ValidateIf } from 'class-validator';

/** For what may be left out and cannot be cleared: unlike `IsOptional` it refuses null. */
export const MayBeAbsent = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);
