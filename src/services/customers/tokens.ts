/**
 * Access tokens: short-lived EdDSA JWTs. The key is made once, by whichever replica starts first, and lives in the
 * room's own database: every replica signs with it, and a restart does not log everybody out.
 */
import { createHmac } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
import { ISSUER } from '../../platform/auth.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Customer } from './customer.ts';
import { ensureSigningKey, listSigningKeys, type PrivateKey } from './store.ts';

export interface Tokens {
  /** Makes the key when there is none. */
  prepare(): Promise<void>;
  sign(customer: Pick<Customer, 'id' | 'email' | 'role'>): Promise<string>;
  publicKeys(): Promise<PublicKey[]>;
  /** A text that only this shop can have written, for as long as its key lasts. */
  seal(text: string): string;
}

export interface PublicKey {
  kty: string;
  crv: string;
  x: string;
  kid: string;
  alg: string;
  use: string;
}

export function createTokens(options: { db: Database; clock: Clock; seconds: number }): Tokens {
  const { db, clock, seconds } = options;
  let signing: { kid: string; key: Awaited<ReturnType<typeof importJWK>> } | undefined;
  let sealing: Buffer | undefined;

  async function newKey() {
    const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const jwk = (await exportJWK(privateKey)) as PrivateKey['private_jwk'];
    return { kid: await calculateJwkThumbprint(jwk), private_jwk: jwk };
  }

  return {
    async prepare() {
      const { kid, private_jwk } = await ensureSigningKey(db, await newKey());
      signing = { kid, key: await importJWK(private_jwk, 'EdDSA') };
      // A key of its own, from the one secret there is.
      sealing = createHmac('sha256', private_jwk.d).update('seals').digest();
    },

    seal(text) {
      if (!sealing) throw new Error('texts are sealed after prepare()');
      return createHmac('sha256', sealing).update(text).digest('base64url');
    },

    async sign({ id, email, role }) {
      if (!signing) throw new Error('tokens are signed after prepare()');
      const now = Math.floor(clock.now().getTime() / 1000);
      return new SignJWT({ email, role })
        .setProtectedHeader({ alg: 'EdDSA', kid: signing.kid, typ: 'JWT' })
        .setSubject(id)
        .setIssuer(ISSUER)
        .setAudience(ISSUER)
        .setIssuedAt(now)
        .setExpirationTime(now + seconds)
        .sign(signing.key);
    },

    // Named one by one: whatever else a private key holds never gets near the wire.
    publicKeys: async () =>
      (await listSigningKeys(db)).map(({ kid, private_jwk: { kty, crv, x } }) => ({
        kty,
        crv,
        x,
        kid,
        alg: 'EdDSA',
        use: 'sig',
      })),
  };
}
