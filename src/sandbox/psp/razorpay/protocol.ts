import { type Call, isLiveKey } from '../http.js';
import { unauthorized } from './errors.js';
import type { KeyRow } from './tables.js';

/** Paths of this service alone; the others are shared with Stripe, and told apart by the key. */
const OWN_PATHS = /^\/v1\/(orders|payments|payment_links)(\/|$)/;

/** Any test-mode pair will do, and all of them see the same account. */
export function authenticate({ headers }: Pick<Call, 'headers'>): KeyRow {
  const { id, secret } = credentials(headers.authorization) ?? { id: '', secret: '' };
  if (isLiveKey(id)) {
    throw unauthorized('This is the PSP simulator. It refuses live-mode keys; use a test-mode key.');
  }
  if (!/^rzp_test_./.test(id) || secret === '') throw unauthorized();
  return { id, secret };
}

export function isForRazorpay({ path, headers }: Pick<Call, 'path' | 'headers'>): boolean {
  const basic = credentials(headers.authorization);
  if (basic?.id.startsWith('rzp_')) return true;
  const stripes = /^bearer /i.test(headers.authorization ?? '') || /^[sr]k_/.test(basic?.id ?? '');
  return !stripes && OWN_PATHS.test(path);
}

function credentials(authorization = ''): KeyRow | null {
  const [scheme, encoded] = authorization.split(' ');
  if (scheme?.toLowerCase() !== 'basic' || !encoded) return null;
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return { id, secret: secret.join(':') };
}
