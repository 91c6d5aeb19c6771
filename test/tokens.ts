/** Access tokens made with a shop's own key: for a whole day, for nobody, out of time. */
import { importJWK, SignJWT } from 'jose';
import type { TestShop } from './harness.ts';

export interface Person {
  id: string;
  email: string;
}

export async function tokenMaker(query: TestShop['query']) {
  const [own] = await query<{ kid: string; private_jwk: object }>('customers', 'select * from signing_keys');
  const { kid, private_jwk } = own as { kid: string; private_jwk: object };
  const key = await importJWK(private_jwk as never, 'EdDSA');
  return ({ id, email }: Person, role: 'customer' | 'admin', seconds = 86_400) =>
    new SignJWT({ email, role })
      .setProtectedHeader({ alg: 'EdDSA', kid })
      .setIssuer('tradewind')
      .setAudience('tradewind')
      .setSubject(id)
      .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
      .sign(key);
}
