/**
 * Standard Webhooks 1.0 (https://www.standardwebhooks.com): how a message is signed, so that whoever gets it knows that it is
 * the shop's, unchanged, and not an old one sent again.
 */
import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
/** The specification: 24 to 64. */
const SECRET_BYTES = 32;
/** For how long a secret that was replaced is still signed with. */
export const OLD_SECRET_MS = 24 * 3_600_000;

export function newSecret(): string {
  return `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/** Headers of a message at a time, signed with each of the secrets. */
export function signed(id: string, payload: string, secrets: readonly string[], now: Date): Record<string, string> {
  const seconds = Math.floor(now.getTime() / 1_000);
  const sign = (secret: string) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${payload}`).digest('base64')}`;
  };
  return {
    'content-type': 'application/json',
    'user-agent': 'Tradewind-Webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': secrets.map(sign).join(' '),
  };
}
