/** Endpoints of accounts and tokens. */
import type { Customer as CustomerReply } from '../../contracts/customers.ts';
import {
  CustomerDeleted,
  CustomerRegistered,
  CustomerUpdated,
  DeleteCustomer,
  GetCustomer,
  Jwks,
  ListCustomers,
  Login,
  Me,
  Register,
  UpdateCustomer,
} from '../../contracts/customers.ts';
import { EmailTaken, NotFound, WrongCredentials } from '../../contracts/problems.ts';
import { newId } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Request, Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import { cutPage, decodeIdCursor } from '../../platform/page.ts';
import { isRejection, reject } from '../../platform/problem.ts';
import { changedProfile, closing, mayTouch, normalEmail, weakness } from './customer.ts';
import type { Passwords } from './passwords.ts';
import {
  deleteCustomer,
  findCredentials,
  findCustomer,
  insertCustomer,
  isEmailTaken,
  listCustomers,
  lockCustomer,
  lockForClosing,
  updateCustomer,
} from './store.ts';
import type { Tokens } from './tokens.ts';

export interface RouteOptions {
  db: Database;
  passwords: Passwords;
  tokens: Tokens;
  tokenSeconds: number;
}

const announced = ({ id, email, name, version }: CustomerReply) => ({ id, email, name, version });
const taken = () => reject(EmailTaken, { errors: [{ pointer: '/email', detail: 'belongs to another account' }] });

export function createRoutes({ db, passwords, tokens, tokenSeconds }: RouteOptions): Route[] {
  async function register({ body, traceparent }: Request<typeof Register>) {
    const email = normalEmail(body.email);
    const weak = weakness(body.password, email);
    if (weak) return weak;
    const { name = null, phone = null, address = null } = body;
    const password_hash = await passwords.hash(body.password);
    return db.transaction(async (tx) => {
      const customer = await insertCustomer(tx, { id: newId(), email, password_hash, name, phone, address });
      if (!customer) return taken();
      tx.send(CustomerRegistered, announced(customer), { traceparent });
      return { body: customer, headers: { location: `/customers/${customer.id}` } };
    });
  }

  async function list({ query }: Request<typeof ListCustomers>) {
    const { cursor, limit = 50 } = query;
    const after = decodeIdCursor(cursor);
    if (isRejection(after)) return after;
    const email = query.email === undefined ? undefined : normalEmail(query.email);
    const rows = await listCustomers(db, { after, email, limit: limit + 1 });
    return { body: cutPage(rows, limit, ({ id }) => [id]) };
  }

  async function get({ params, caller }: Request<typeof GetCustomer>) {
    const customer = mayTouch(caller, params.id) ? await findCustomer(db, params.id) : undefined;
    return customer ? { body: customer } : reject(NotFound);
  }

  /** The hash of a new password, made before the row is locked. */
  async function newHash(id: string, { password, email }: { password?: string; email?: string }) {
    if (password === undefined) return undefined;
    const account = await findCustomer(db, id);
    if (!account) return reject(NotFound);
    return weakness(password, normalEmail(email ?? account.email)) ?? passwords.hash(password);
  }

  async function update({ params, body, caller, traceparent }: Request<typeof UpdateCustomer>) {
    if (!mayTouch(caller, params.id)) return reject(NotFound);
    const hash = await newHash(params.id, body);
    if (isRejection(hash)) return hash;
    try {
      return await db.transaction(async (tx) => {
        const customer = await lockCustomer(tx, params.id);
        if (!customer) return reject(NotFound);
        const updated = await updateCustomer(tx, params.id, changedProfile(customer, body), hash);
        tx.send(CustomerUpdated, announced(updated), { traceparent });
        return { body: updated };
      });
    } catch (error) {
      if (isEmailTaken(error)) return taken();
      throw error;
    }
  }

  async function remove({ params, caller, traceparent }: Request<typeof DeleteCustomer>) {
    if (!mayTouch(caller, params.id)) return reject(NotFound);
    return db.transaction(async (tx) => {
      const account = closing(await lockForClosing(tx, params.id), params.id);
      if (isRejection(account)) return account;
      await deleteCustomer(tx, account.id);
      tx.send(CustomerDeleted, { id: account.id, version: account.version + 1 }, { traceparent });
      return {};
    });
  }

  async function login({ body }: Request<typeof Login>) {
    const account = await findCredentials(db, normalEmail(body.email));
    // An unknown account costs the same hash: the time of the answer must not tell who has one.
    const fits = await passwords.verify(body.password, account?.password_hash);
    if (!account || !fits) return reject(WrongCredentials);
    const access_token = await tokens.sign(account);
    return { body: { access_token, token_type: 'Bearer' as const, expires_in: tokenSeconds } };
  }

  async function me({ caller }: Request<typeof Me>) {
    const customer = caller.role === 'guest' ? undefined : await findCustomer(db, caller.id);
    return customer ? { body: customer } : reject(NotFound);
  }

  return [
    route(Register, register),
    route(ListCustomers, list),
    route(GetCustomer, get),
    route(UpdateCustomer, update),
    route(DeleteCustomer, remove),
    route(Login, login),
    route(Me, me),
    route(Jwks, async () => ({ body: { keys: await tokens.publicKeys() } })),
  ];
}
