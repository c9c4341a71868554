import { randomBytes } from 'node:crypto';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A new identifier: `<prefix>_` and 36 characters of lowercase Crockford base32 that hold 48 bits of time and
 * 128 random bits. Ids of one prefix sort by creation (`COLLATE "C"`), cannot be guessed, and with a prefix of
 * at most three letters fit the 40 characters that Razorpay allows for a receipt.
 */
export function newId(
  prefix:
    | 'agt'
    | 'key'
    | 'cs'
    | 'li'
    | 'ord'
    | 'pay'
    | 'evt'
    | 'idm'
    | 'aud'
    | 'req'
    | 'ref'
    | 'dsp'
    | 'adj'
    | 'ful'
    | 'fev'
    | 'whe'
    | 'wep'
    | 'whd'
    | 'wha'
    | 'eml'
    | 'rcv'
    | 'pop'
    | 'tok'
    | 'prd'
    | 'itm',
): string {
  const bytes = Buffer.alloc(22);
  bytes.writeUIntBE(Date.now(), 0, 6);
  randomBytes(16).copy(bytes, 6);
  return `${prefix}_${base32(bytes)}`;
}

function base32(bytes: Buffer): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(value >> bits) & 31];
    }
  }
  return bits > 0 ? text + alphabet[(value << (5 - bits)) & 31] : text;
}
