/**
 * Links that prove themselves. The expiry moves in steps of half a lifetime, so that everyone gets the same link for
 * hours, which browsers and caches can then keep, and no link that is given out has less than half of its life left.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Seconds since 1970. */
export function expiryOf(now: Date, lifetimeHours: number): number {
  const step = lifetimeHours * 1800;
  return (Math.floor(now.getTime() / 1000 / step) + 2) * step;
}

export function signatureOf(key: Buffer, name: string, expires: number): string {
  return createHmac('sha256', key).update(`${name}\n${expires}`).digest('base64url');
}

/** Takes as long for a signature that is nearly right as for one that is all wrong. */
export function isSignature(key: Buffer, name: string, expires: number, signature: string): boolean {
  const right = Buffer.from(signatureOf(key, name, expires));
  const given = Buffer.from(signature);
  return given.length === right.length && timingSafeEqual(given, right);
}
