import { createHmac, timingSafeEqual } from 'node:crypto';

const toleranceSeconds = 300;

/**
 * Verifies `Merchant-Signature: t=<unix>,v1=<hex>`, HMAC-SHA256 over `t.body`, as an agent's platform would: written
 * from the protocol and sharing nothing with the sender, so that a mistake there cannot hide here.
 */
export function isSignedByMerchant(
  header: string | undefined,
  body: Buffer,
  { secret, now }: { secret: string; now: Date },
): boolean {
  const parts = (header ?? '').split(',').map((part) => part.trim().split('='));
  const [t = '', ...moreTimes] = valuesOf('t', parts);
  if (!/^\d{1,12}$/.test(t) || moreTimes.length > 0) return false;
  if (Math.abs(now.getTime() / 1000 - Number(t)) > toleranceSeconds) return false;
  const expected = createHmac('sha256', secret).update(`${t}.`).update(body).digest();
  return valuesOf('v1', parts).some(
    (hex) => /^[0-9a-f]{64}$/.test(hex) && timingSafeEqual(Buffer.from(hex, 'hex'), expected),
  );
}

const valuesOf = (name: string, parts: string[][]): string[] =>
  parts.filter(([key, , ...rest]) => key === name && rest.length === 0).map(([, value = '']) => value);
