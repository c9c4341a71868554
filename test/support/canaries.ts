import { randomBytes, randomInt } from 'node:crypto';

/** As much as may be shown of a secret, at its end. */
const shownCharacters = 4;

/** Secrets that are recognised wherever they show up, in clear or encoded. Their last four characters may be shown. */
export class Canaries {
  private readonly secrets = new Map<string, { secret: string; forms: string[] }>();

  /** A new secret of this name, or the one that was planted under it. */
  plant(name: string, prefix = ''): string {
    const known = this.secrets.get(name)?.secret;
    return known ?? this.keep(name, `${prefix}${randomBytes(15).toString('hex')}zend`, prefix);
  }

  /** As `plant`, of digits only, as a card has them. */
  plantDigits(name: string): string {
    const digits = Array.from({ length: 18 }, () => randomInt(10)).join('');
    return this.secrets.get(name)?.secret ?? this.keep(name, `${digits}0000`, '');
  }

  /** One that somebody else has made up; its prefix is no secret. With `whole` its end must not be shown either. */
  keep(name: string, secret: string, prefix: string, { whole = false } = {}): string {
    if (this.secrets.has(name)) throw new Error(`there are two canaries of the name ${name}`);
    const core = secret.slice(prefix.length, whole ? undefined : -shownCharacters);
    if (core.length < 16) throw new Error(`${name} is too short to be told from anything else`);
    this.secrets.set(name, { secret, forms: formsOf(core) });
    return secret;
  }

  get names(): string[] {
    return [...this.secrets.keys()];
  }

  get size(): number {
    return this.secrets.size;
  }

  /** The names of those that can be read in a text. */
  foundIn(text: string): string[] {
    return [...this.secrets]
      .filter(([, { forms }]) => forms.some((form) => text.includes(form)))
      .map(([name]) => name);
  }
}

/** In clear, escaped for JSON and for a URL, in hexadecimal, and inside of something longer in base64. */
function formsOf(core: string): string[] {
  const hex = Buffer.from(core).toString('hex');
  const inBase64 = [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(core)]);
    // What stands before and after it has its part in the first and the last characters.
    const sure = bytes
      .toString('base64')
      .slice(Math.ceil((offset * 8) / 6), Math.floor((bytes.length * 8) / 6));
    return [sure, sure.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const inClear = [core, JSON.stringify(core).slice(1, -1), encodeURIComponent(core)];
  return [...new Set([...inClear, hex, hex.toUpperCase(), ...inBase64])];
}
