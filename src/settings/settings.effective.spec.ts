import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, Max, MaxLength } from 'class-validator';
import { describe, expect, it } from 'vitest';
import type { Config } from '../config/config.js';
import { effectiveSettings } from './settings.effective.js';
import { SettingsRegistry } from './settings.registry.js';

class TeaSettings {
  static readonly namespace = 'tea';
  static readonly irreplaceable = ['leaves'];
  static defaults = (): TeaSettings => Object.assign(new TeaSettings(), { minutes: 3, leaves: 'green' });
  static fromEnvironment = ({ publicUrl }: Config): Partial<TeaSettings> => ({
    minutes: publicUrl === 'none' ? undefined : Number(publicUrl),
  });
  static check = ({ minutes, sugar }: TeaSettings) =>
    minutes > 5 && sugar ? [{ param: '$.sugar', message: 'does not go with so long' }] : [];

  @ApiProperty({ description: 'How long it draws' })
  @IsInt()
  @Max(10)
  minutes: number;

  @ApiProperty({ description: 'What it is made of' })
  @IsString()
  @MaxLength(5)
  leaves: string;

  @ApiProperty({ description: 'What is put in' })
  @IsOptional()
  @IsString()
  sugar?: string;
}

const effective = (stored: Record<string, unknown>, environment = 'none', broken: string[] = []) =>
  effectiveSettings(
    TeaSettings,
    { publicUrl: environment } as Config,
    stored,
    broken.map((name) => ({ param: `$.${name}`, message: 'cannot be decrypted' })),
  );

describe('what a namespace comes to', () => {
  it.each([
    ['the default', {}, 'none', 3, 'default'],
    ['the environment before the default', {}, '4', 4, 'environment'],
    ['what is stored before both', { minutes: 5 }, '4', 5, 'stored'],
    ['the environment, if what is stored is not valid', { minutes: 11 }, '4', 4, 'environment'],
    ['the default, if the environment is not valid', {}, '11', 3, 'default'],
    ['the default, if neither is', { minutes: 'x' }, '11', 3, 'default'],
    [
      'the default, if what is stored cannot even be looked at',
      { minutes: { constructor: 'x' } },
      'none',
      3,
      'default',
    ],
  ])('is %s', (_, stored, environment, minutes, source) => {
    const { values, sources, unusable } = effective(stored, environment);
    expect([values.minutes, sources.minutes, unusable]).toEqual([minutes, source, false]);
  });

  it('tells of everything it refused', () => {
    expect(effective({ minutes: 'x', sugar: 5 }, '11').problems.map(({ param }) => param)).toEqual([
      '$.minutes',
      '$.sugar',
      '$.minutes',
    ]);
    expect(effective({ minutes: 5, sugar: 'a' }).problems).toEqual([]);
  });

  it('leaves out what nobody declares, and does not take offence', () => {
    const { values, problems } = effective({ milk: true });
    expect([values, problems]).toEqual([expect.not.objectContaining({ milk: true }), []]);
  });

  it('refuses the member that a check names, and keeps the others', () => {
    const { values, problems } = effective({ minutes: 6, sugar: 'a' });
    expect([values.minutes, values.sugar, problems.length]).toEqual([6, undefined, 1]);
  });

  it('is nothing to go by if a value that nothing can stand in for is not valid', () => {
    expect(effective({ leaves: 'chamomile' }).unusable).toBe(true);
    expect(effective({}, 'none', ['leaves']).unusable).toBe(true);
    expect(effective({ leaves: 'black' }).unusable).toBe(false);
  });
});

describe('a secret that another one has taken the place of', () => {
  class KettleSettings {
    static readonly namespace = 'kettle';
    static readonly secrets = ['code', 'codeBefore'];
    static readonly previous = { code: 'codeBefore' };
    static defaults = (): KettleSettings => new KettleSettings();
    static fromEnvironment = ({ publicUrl }: Config): Partial<KettleSettings> => ({ code: publicUrl });

    @IsOptional()
    @IsString()
    code?: string;

    @IsOptional()
    @IsString()
    codeBefore?: string;
  }
  const codes = (stored: Record<string, unknown>, code?: string): unknown => {
    const { values, sources } = effectiveSettings(KettleSettings, { publicUrl: code } as Config, stored);
    return [values.code, values.codeBefore, sources.codeBefore];
  };

  it('in the environment is the one before, as long as no other is stored', () => {
    expect(codes({}, 'env')).toEqual(['env', undefined, 'default']);
    expect(codes({ code: 'new' }, 'env')).toEqual(['new', 'env', 'environment']);
    expect(codes({ code: 'newer', codeBefore: 'new' }, 'env')).toEqual(['newer', 'new', 'stored']);
    expect(codes({ code: 'new', codeBefore: '' }, 'env')).toEqual(['new', '', 'stored']);
    expect(codes({ code: 'new' })).toEqual(['new', undefined, 'default']);
  });

  it('is none, if it is the same one or none at all took its place', () => {
    expect(codes({ code: 'env' }, 'env')).toEqual(['env', undefined, 'default']);
    expect(codes({ code: '' }, 'env')).toEqual(['', undefined, 'default']);
  });
});

describe('the list of namespaces', () => {
  it('does not take two of one name', () => {
    class OtherTea extends TeaSettings {}
    expect(() => new SettingsRegistry([TeaSettings, OtherTea])).toThrow(/"tea".*another name/);
    expect(new SettingsRegistry([TeaSettings]).isListed(OtherTea)).toBe(false);
  });
});
