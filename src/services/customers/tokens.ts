/**
 * Access tokens: short-lived EdDSA JWTs. The keys live in the room's own database: every replica signs with the same one,
 * and a restart does not log everybody out.
 *
 * A key is followed by another one now and then, or when an admin wants it. The next is published a minute before anything
 * is signed with it, and the one before is published until the last token that it signed has run out: nobody notices.
 */
import { createHmac } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
import { ISSUER } from '../../platform/auth.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Customer } from './customer.ts';
import type { PrivateKey, SigningKey } from './store-keys.ts';
import { addSigningKey, forgetSigningKeys, listSigningKeys } from './store-keys.ts';

const DAY_MS = 24 * 3_600_000;
/** Between publishing a key and using it: replicas look at the keys more often, and verifiers ask when they meet a new one. */
export const LEAD_MS = 60_000;
/** No token is valid for longer: TOKEN_SECONDS is at most a day. */
const LONGEST_TOKEN_MS = DAY_MS;
const KEPT_MS = LONGEST_TOKEN_MS + 3_600_000;

export interface Tokens {
  /** Makes the first key when there is none. */
  prepare(): Promise<void>;
  /** Looks what keys there are, follows one that is too old by another, and forgets what nobody needs any more. */
  tend(): Promise<void>;
  /** Publishes another key, to sign with in a minute; undefined when the last one is not in use yet. */
  rotate(): Promise<{ kid: string; active_from: string } | undefined>;
  sign(customer: Pick<Customer, 'id' | 'email' | 'role'>): Promise<string>;
  publicKeys(): Promise<PublicKey[]>;
  /** A text that only this shop can have written, for as long as its key signs. */
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

export interface TokensOptions {
  db: Database;
  clock: Clock;
  /** How long a token is valid. */
  seconds: number;
  /** When a key is followed by another one; 0: never by itself. */
  keyDays: number;
}

interface Signer {
  kid: string;
  activeFrom: number;
  key: Awaited<ReturnType<typeof importJWK>>;
  sealing: Buffer;
}

export function createTokens({ db, clock, seconds, keyDays }: TokensOptions): Tokens {
  /** Newest first. */
  let signers: Signer[] = [];

  function current(): Signer {
    const now = clock.now().getTime();
    // The first of all may be a moment ahead, by the clock of whoever made it.
    const signer = signers.find(({ activeFrom }) => activeFrom <= now) ?? signers.at(-1);
    if (!signer) throw new Error('tokens are signed after prepare()');
    return signer;
  }

  async function read(): Promise<void> {
    signers = await Promise.all((await listSigningKeys(db)).map(signerOf));
  }

  async function add(activeFrom: Date, keep: (newest: SigningKey | undefined) => boolean) {
    const fresh = await newKey();
    const added = await addSigningKey(db, fresh, activeFrom, keep);
    await read();
    return added ? { kid: fresh.kid, active_from: activeFrom.toISOString() } : undefined;
  }

  const isWaiting = (newest: SigningKey) => Date.parse(newest.active_from) > clock.now().getTime();
  const isOld = (newest: SigningKey) => Date.parse(newest.active_from) < clock.now().getTime() - keyDays * DAY_MS;
  const soon = () => new Date(clock.now().getTime() + LEAD_MS);

  return {
    async prepare() {
      await add(clock.now(), (newest) => newest !== undefined);
    },

    async tend() {
      const [newest] = await listSigningKeys(db);
      if (keyDays > 0 && newest && isOld(newest)) await add(soon(), (one) => one !== undefined && !isOld(one));
      await forgetSigningKeys(db, new Date(clock.now().getTime() - KEPT_MS));
      await read();
    },

    rotate: () => add(soon(), (newest) => newest !== undefined && isWaiting(newest)),

    seal: (text) => createHmac('sha256', current().sealing).update(text).digest('base64url'),

    async sign({ id, email, role }) {
      const { kid, key } = current();
      const now = Math.floor(clock.now().getTime() / 1000);
      return new SignJWT({ email, role })
        .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'JWT' })
        .setSubject(id)
        .setIssuer(ISSUER)
        .setAudience(ISSUER)
        .setIssuedAt(now)
        .setExpirationTime(now + seconds)
        .sign(key);
    },

    // Named one by one: whatever else a private key holds never gets near the wire.
    publicKeys: async () =>
      (await listSigningKeys(db)).map(({ kid, private_jwk: { kty, crv, x } }) => ({
        ...{ kty, crv, x, kid },
        alg: 'EdDSA',
        use: 'sig',
      })),
  };
}

async function newKey(): Promise<PrivateKey> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = (await exportJWK(privateKey)) as PrivateKey['private_jwk'];
  return { kid: await calculateJwkThumbprint(jwk), private_jwk: jwk };
}

async function signerOf({ kid, private_jwk, active_from }: SigningKey): Promise<Signer> {
  // A key of its own, from the one secret there is.
  const sealing = createHmac('sha256', private_jwk.d).update('seals').digest();
  return { kid, activeFrom: Date.parse(active_from), key: await importJWK(private_jwk, 'EdDSA'), sealing };
}
