import { describe, expect, test } from 'vitest';
import { openTestRoom } from '../../../test/service-harness.ts';
import { Jwks, Login } from '../../contracts/customers.ts';
import { newId } from '../../platform/clock.ts';
import { prepareFirstAdmin } from './first-admin.ts';
import { createCustomers } from './service.ts';
import { addSigningKey } from './store-keys.ts';

describe('the first admin', () => {
  test('gets a generated password, told once, however many replicas start at once', async () => {
    const told: [string, string][] = [];
    const definition = createCustomers({ onAdminPassword: (...admin) => told.push(admin) });
    const fresh = await openTestRoom(definition, { ADMIN_EMAIL: 'Owner@Example.com' });
    try {
      await fresh.service.db.query({ text: 'truncate customers, signing_keys cascade' });
      told.length = 0;
      await Promise.all([fresh.replica(), fresh.replica(), fresh.replica()]);
      expect(told).toEqual([['owner@example.com', expect.stringMatching(/^.{20}$/)]]);
      const [email, password] = told[0] as [string, string];
      const reply = await fresh.call(Login, { body: { email, password } });
      expect(reply.status).toBe(200);

      const keys = await fresh.call(Jwks);
      expect(keys.ok && keys.body.keys).toHaveLength(1);
      await fresh.replica();
      expect(told).toHaveLength(1);
      expect(await fresh.outbox()).toEqual([]);
    } finally {
      await fresh.close();
    }
  });

  test('and the signing key are made once by eight that race on one database', async () => {
    const fresh = await openTestRoom(createCustomers());
    try {
      const { db } = fresh.service;
      const settings = { ADMIN_EMAIL: 'owner@example.com', ADMIN_PASSWORD: '' };
      const told: string[] = [];
      // As fast as can be: what takes its time does not race.
      const passwords = { hash: async (text: string) => text, verify: async () => false, generate: () => newId() };
      const eight = Array.from({ length: 8 }, (_, i) => i);
      for (let round = 0; round < 5; round += 1) {
        await db.query({ text: 'truncate customers, signing_keys cascade' });
        told.length = 0;
        const onAdminPassword = (_email: string, password: string) => told.push(password);
        await Promise.all(eight.map(() => prepareFirstAdmin({ db, passwords, settings, onAdminPassword })));
        expect(told).toHaveLength(1);
        expect(await db.query({ text: 'select password_hash from customers' })).toEqual([{ password_hash: told[0] }]);

        const jwk = { kty: 'OKP', crv: 'Ed25519', x: '', d: '' };
        const add = (i: number) =>
          addSigningKey(db, { kid: `key ${i}`, private_jwk: jwk }, new Date(), (newest) => newest !== undefined);
        expect((await Promise.all(eight.map(add))).filter(Boolean)).toHaveLength(1);
      }
    } finally {
      await fresh.close();
    }
  });

  test('gets the password of the settings at every start, and keeps its hash while it fits', async () => {
    const hash = async () =>
      (
        await fresh.service.db.query<{ password_hash: string; role: string }>({
          text: 'select password_hash, role from customers',
        })
      )[0];
    const fresh = await openTestRoom(createCustomers(), { ADMIN_PASSWORD: 'first password' });
    try {
      const first = await hash();
      await fresh.replica();
      expect(await hash()).toEqual(first);
      await fresh.replica(undefined, { ADMIN_PASSWORD: 'second password' });
      const body = { email: 'admin@tradewind.test', password: 'second password' };
      expect((await fresh.call(Login, { body })).status).toBe(200);
      await fresh.service.db.query({ text: `update customers set role = 'customer'` });
      await fresh.replica(undefined, { ADMIN_PASSWORD: 'second password' });
      expect(await hash()).toMatchObject({ role: 'admin' });
    } finally {
      await fresh.close();
    }
  });

  test('is refused a password that anybody would guess', async () => {
    await expect(openTestRoom(createCustomers(), { ADMIN_PASSWORD: 'password123' })).rejects.toThrow('ADMIN_PASSWORD');
  });
});
