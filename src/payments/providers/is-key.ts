import { Matches } from 'class-validator';

/**
 * As a key goes into a header: any other character would fail there, with an error that may quote it. An empty one is
 * none, even where the environment has one.
 */
export const IsKey = (): PropertyDecorator =>
  Matches(/^[\x21-\x7e]{0,255}$/, { message: 'must be at most 255 visible ASCII characters' });
