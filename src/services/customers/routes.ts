/** Endpoints of accounts and tokens. */
import type { Customer as CustomerReply } from '../../contracts/customers.ts';
import {
  CustomerDeleted,
  CustomerRegistered,
  CustomerUpdated,
  DeleteCustomer,
  ExportCustomer,
  GetCustomer,
  Jwks,
  ListCustomers,
  Me,
  PasswordChanged,
  Register,
  RegistrationRepeated,
  RevokeKey,
  RotateKey,
  UpdateCustomer,
} from '../../contracts/customers.ts';
import { EmailTaken, KeyChanged, LastAdmin, NotFound, WrongPassword } from '../../contracts/problems.ts';
import type { Caller } from '../../platform/auth.ts';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Request, Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import type { StoredReply } from '../../platform/idempotency.ts';
import { cutPage, decodeIdCursor } from '../../platform/page.ts';
import { common, isRejection, reject } from '../../platform/problem.ts';
import {
  changedProfile,
  closing,
  isLastAdmin,
  mayTouch,
  needsPassword,
  normalEmail,
  unreachable,
  weakness,
} from './customer.ts';
import type { PasswordCheck } from './login.ts';
import type { Passwords } from './passwords.ts';
import {
  deleteCustomer,
  findCredentials,
  findCustomer,
  findWithHash,
  insertCustomer,
  isEmailTaken,
  listCustomers,
  lockCustomer,
  lockForClosing,
  updateCustomer,
} from './store.ts';
import { listAddresses } from './store-addresses.ts';
import { findCart } from './store-carts.ts';
import { removeSigningKey } from './store-keys.ts';
import { endSessions, forgetResets, listSessions } from './store-sessions.ts';
import type { Tokens } from './tokens.ts';

export interface RouteOptions {
  db: Database;
  clock: Clock;
  passwords: Passwords;
  check: PasswordCheck;
  tokens: Tokens;
}

export const announced = ({ id, email, name, phone, notify_by, version }: CustomerReply) => ({
  id,
  email,
  name,
  phone,
  notify_by,
  version,
});
const created = (customer: CustomerReply): StoredReply => ({
  status: 201,
  headers: { location: `/customers/${customer.id}` },
  text: JSON.stringify(customer),
});
const taken = () => reject(EmailTaken, { errors: [{ pointer: '/email', detail: 'belongs to another account' }] });

/** A token says what somebody was some minutes ago; who changes accounts of others must still be an admin. */
export const adminCheck = (db: Database) => async (caller: Caller) => {
  if (caller.role !== 'admin') return undefined;
  const account = await findCustomer(db, caller.id);
  return account?.role === 'admin' ? undefined : reject(common.forbidden, { detail: 'you are no admin any more' });
};

export function createRoutes({ db, clock, passwords, check, tokens }: RouteOptions): Route[] {
  const stillAdmin = adminCheck(db);

  /** To whoever asks from outside, an address that is taken looks like any other; the shop's own people are told. */
  async function register({ body, caller, traceparent }: Request<typeof Register>) {
    const email = normalEmail(body.email);
    const weak = weakness(body.password, email);
    if (weak) return weak;
    const { name = null, phone = null, address = null, notify_by = ['email'] } = body;
    const profile = { email, name, phone, address, notify_by, role: 'customer' as const };
    const refused = unreachable(profile) ?? (await stillAdmin(caller));
    if (refused) return refused;
    const password_hash = await passwords.hash(body.password);
    return db.transaction(async (tx) => {
      const customer = await insertCustomer(tx, { id: newId(), password_hash, ...profile });
      if (customer) tx.send(CustomerRegistered, announced(customer), { traceparent });
      if (caller.role === 'admin') return customer ? created(customer) : taken();
      const owner = customer ? undefined : await findCredentials(tx, email);
      if (owner) {
        const { id, name } = owner;
        tx.send(RegistrationRepeated, { id, email, name, tried_at: tx.now.toISOString() }, { traceparent });
      }
      return { body: { email, next: 'Log in; if that does not work, look into your mail.' } };
    });
  }

  async function list({ query, caller }: Request<typeof ListCustomers>) {
    const fallen = await stillAdmin(caller);
    if (fallen) return fallen;
    const { cursor, limit = 50, text, role } = query;
    const after = decodeIdCursor(cursor);
    if (isRejection(after)) return after;
    const email = query.email === undefined ? undefined : normalEmail(query.email);
    const rows = await listCustomers(db, { after, email, text, role, limit: limit + 1 });
    return { body: cutPage(rows, limit, ({ id }) => [id]) };
  }

  async function get({ params, caller }: Request<typeof GetCustomer>) {
    const customer = mayTouch(caller, params.id) ? await findCustomer(db, params.id) : undefined;
    return customer ? { body: customer } : reject(NotFound);
  }

  /** The hash that a password was found to fit; a rejection when it fits none. Takes its time: no row is locked. */
  async function prove(id: string, current_password: string | undefined) {
    const account = await findWithHash(db, id);
    if (!account) return reject(NotFound);
    if (current_password === undefined) {
      const detail = 'is needed for this';
      return reject(common.invalid, { errors: [{ pointer: '/current_password', detail }] });
    }
    const wrong = await check.check(account.email, current_password, account.password_hash);
    // Not 401: that would say that the token is no good.
    return wrong === 'wrong' ? reject(WrongPassword) : (wrong ?? account.password_hash);
  }

  /** The hash of a new password; undefined when there is none. */
  async function newHash({ params, body }: Request<typeof UpdateCustomer>) {
    if (body.password === undefined) return undefined;
    const account = await findCustomer(db, params.id);
    if (!account) return reject(NotFound);
    return weakness(body.password, normalEmail(body.email ?? account.email)) ?? passwords.hash(body.password);
  }

  async function update(request: Request<typeof UpdateCustomer>) {
    const { params, body, caller, traceparent } = request;
    if (!mayTouch(caller, params.id)) return reject(NotFound);
    if (body.role !== undefined && caller.role !== 'admin') {
      return reject(common.forbidden, { errors: [{ pointer: '/role', detail: 'is for admins to change' }] });
    }
    const fallen = await stillAdmin(caller);
    if (fallen) return fallen;
    const own = caller.role !== 'guest' && caller.id === params.id;
    const proved =
      needsPassword(body) && caller.role !== 'guest' ? await prove(caller.id, body.current_password) : undefined;
    if (isRejection(proved)) return proved;
    const hash = await newHash(request);
    if (isRejection(hash)) return hash;
    try {
      return await db.transaction(async (tx) => {
        const demoted = body.role === 'customer' ? await lockForClosing(tx, params.id) : [];
        if (isLastAdmin(demoted, params.id)) return reject(LastAdmin);
        const customer = await lockCustomer(tx, params.id);
        if (!customer) return reject(NotFound);
        // Changed meanwhile, by whoever has the mailbox: what was proved is no longer true.
        if (own && proved !== undefined && customer.password_hash !== proved) return reject(WrongPassword);
        const profile = changedProfile(customer, body);
        const refused = unreachable(profile);
        if (refused) return refused;
        const updated = await updateCustomer(tx, params.id, profile, hash);
        tx.send(CustomerUpdated, announced(updated), { traceparent });
        // A link in an old mail must not undo what its owner has just put right.
        if (hash !== undefined || updated.email !== customer.email) forgetResets(tx, params.id);
        if (hash !== undefined) {
          endSessions(tx, params.id);
          // To where it went until now, too: whoever took the account over must not silence its owner.
          const { id, email, name } = customer;
          tx.send(PasswordChanged, { id, email, name, changed_at: tx.now.toISOString() }, { traceparent });
        }
        return { body: updated };
      });
    } catch (error) {
      if (isEmailTaken(error)) return taken();
      throw error;
    }
  }

  async function exported({ params: { id }, caller }: Request<typeof ExportCustomer>) {
    const account = mayTouch(caller, id) ? await findCustomer(db, id) : undefined;
    if (!account) return reject(NotFound);
    const [addresses, cart, sessions] = await Promise.all([
      listAddresses(db, id),
      findCart(db, id),
      listSessions(db, id),
    ]);
    return { body: { exported_at: clock.now().toISOString(), account, addresses, cart, sessions } };
  }

  async function remove({ params, body, caller, traceparent }: Request<typeof DeleteCustomer>) {
    if (!mayTouch(caller, params.id)) return reject(NotFound);
    const fallen = await stillAdmin(caller);
    if (fallen) return fallen;
    const proved = caller.role === 'guest' ? undefined : await prove(caller.id, body.current_password);
    if (isRejection(proved)) return proved;
    return db.transaction(async (tx) => {
      const account = closing(await lockForClosing(tx, params.id), params.id);
      if (isRejection(account)) return account;
      await deleteCustomer(tx, account.id);
      tx.send(CustomerDeleted, { id: account.id, version: account.version + 1 }, { traceparent });
      return {};
    });
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
    route(ExportCustomer, exported),
    route(Me, me),
    route(Jwks, async () => ({ body: { keys: await tokens.publicKeys() } })),

    route(RotateKey, async ({ caller }) => {
      const fallen = await stillAdmin(caller);
      if (fallen) return fallen;
      const made = await tokens.rotate();
      return made ? { body: made } : reject(KeyChanged, { detail: 'the last one is not in use yet: wait a minute' });
    }),

    route(RevokeKey, async ({ params, caller }) => {
      const fallen = await stillAdmin(caller);
      if (fallen) return fallen;
      if (await removeSigningKey(db, params.kid, clock.now())) return {};
      const keys = await tokens.publicKeys();
      if (!keys.some(({ kid }) => kid === params.kid)) return reject(NotFound);
      return reject(KeyChanged, { detail: 'it is in use: make a new key, wait a minute, and revoke this one then' });
    }),
  ];
}
