/** Endpoints of logging in, staying so, leaving, and coming back without a password. */
import { timingSafeEqual } from 'node:crypto';
import {
  ForgotPassword,
  Login,
  Logout,
  LogoutEverywhere,
  PasswordChanged,
  Refresh,
  ResetPassword,
} from '../../contracts/customers.ts';
import { ForeignSite, InvalidResetToken, SessionOver, WrongCredentials } from '../../contracts/problems.ts';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Request, Route } from '../../platform/dispatch.ts';
import { route } from '../../platform/dispatch.ts';
import type { Logger } from '../../platform/log.ts';
import { isRejection, reject } from '../../platform/problem.ts';
import type { Customer } from './customer.ts';
import { normalEmail, weakness } from './customer.ts';
import type { PasswordCheck } from './login.ts';
import { digestOf, newSecret, startSession } from './login.ts';
import type { Passwords } from './passwords.ts';
import type { Kept } from './session.ts';
import { exchange, graceStart, readCookie, sessionEnd, setCookie } from './session.ts';
import { findCredentials, findCustomer, lockCustomer, setPassword } from './store.ts';
import {
  askReset,
  endSession,
  endSessions,
  exchangeToken,
  findReset,
  forgetResets,
  lockRefreshToken,
  takeReset,
} from './store-sessions.ts';
import type { Tokens } from './tokens.ts';

export interface AuthRouteOptions {
  db: Database;
  clock: Clock;
  log: Logger;
  passwords: Passwords;
  check: PasswordCheck;
  tokens: Tokens;
  tokenSeconds: number;
  sessionSeconds: number;
  /** Cookies go over TLS only. */
  secure: boolean;
  /** A reset was asked for. */
  wakeResets: () => void;
}

export function authRoutes(options: AuthRouteOptions): Route[] {
  const { db, clock, log, passwords, check, tokens, tokenSeconds, sessionSeconds, secure, wakeResets } = options;
  /** The session is gone, the browser stays known. */
  const cookieWithout = ({ device }: Kept) => ({ 'set-cookie': setCookie({ secret: '', device }, secure) });

  const isKnown = (customerId: string, device: string) => {
    const [nonce = '', seal = ''] = device.split('.');
    const expected = Buffer.from(tokens.seal(`${customerId} ${nonce}`));
    const given = Buffer.from(seal);
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
  const newDevice = (customerId: string) => {
    const nonce = newSecret();
    return `${nonce}.${tokens.seal(`${customerId} ${nonce}`)}`;
  };

  async function loggedIn(customer: Customer, kept: Kept) {
    const access_token = await tokens.sign(customer);
    return {
      body: { access_token, token_type: 'Bearer' as const, expires_in: tokenSeconds },
      headers: { 'set-cookie': setCookie(kept, secure) },
    };
  }

  async function login({ body, headers }: Request<typeof Login>) {
    const email = normalEmail(body.email);
    const account = await findCredentials(db, email);
    const kept = readCookie(headers.cookie);
    const known = account && isKnown(account.id, kept.device) ? kept.device : '';
    const refused = await check.check(email, body.password, account?.password_hash, known);
    if (refused && refused !== 'wrong') return refused;
    if (refused || !account) return reject(WrongCredentials);
    const until = sessionEnd(clock.now(), clock.now(), sessionSeconds);
    const secret = await db.transaction((tx) => startSession(tx, account, until));
    if (secret === undefined) return reject(WrongCredentials);
    return loggedIn(account, { secret, device: known || newDevice(account.id) });
  }

  async function refresh({ headers }: Request<typeof Refresh>) {
    if (isForeign(headers['sec-fetch-site'])) return reject(ForeignSite);
    const { secret, device } = readCookie(headers.cookie);
    if (!secret) return reject(SessionOver, { detail: 'there is no refresh cookie' });
    const next = newSecret();
    const customerId = await db.transaction(async (tx) => {
      const token = await lockRefreshToken(tx, digestOf(secret), graceStart(clock.now()));
      const answer = token ? exchange(token, clock.now()) : 'over';
      if (!token || answer === 'over') return undefined;
      if (answer === 'stolen') {
        log.warn({ customer_id: token.customer_id }, 'a refresh token came twice: its session is ended');
        endSession(tx, token.session_id);
        return undefined;
      }
      const until = sessionEnd(clock.now(), new Date(token.created_at), sessionSeconds);
      exchangeToken(tx, token.session_id, digestOf(secret), digestOf(next), until);
      return token.customer_id;
    });
    // What the account is now counts, not what it was at the last login.
    const customer = customerId === undefined ? undefined : await findCustomer(db, customerId);
    if (!customer) return reject(SessionOver, { headers: cookieWithout({ secret, device }) });
    return loggedIn(customer, { secret: next, device });
  }

  async function logout({ headers }: Request<typeof Logout>) {
    // The answer takes the cookie away, also when SameSite kept it from coming.
    if (isForeign(headers['sec-fetch-site'])) return reject(ForeignSite);
    const kept = readCookie(headers.cookie);
    const { secret } = kept;
    if (secret) {
      await db.transaction(async (tx) => {
        const token = await lockRefreshToken(tx, digestOf(secret), graceStart(clock.now()));
        if (token) endSession(tx, token.session_id);
      });
    }
    return { headers: cookieWithout(kept) };
  }

  async function logoutEverywhere({ caller, headers }: Request<typeof LogoutEverywhere>) {
    if (caller.role !== 'guest') await db.transaction(async (tx) => endSessions(tx, caller.id));
    return { headers: cookieWithout(readCookie(headers.cookie)) };
  }

  async function forgot({ body, traceparent }: Request<typeof ForgotPassword>) {
    await askReset(db, newId(), normalEmail(body.email), traceparent);
    wakeResets();
    return {};
  }

  async function reset({ body, traceparent }: Request<typeof ResetPassword>) {
    const digest = digestOf(body.token);
    // Looked at first: a weak password must not use up the link, nor a made-up link cost a hash.
    const known = await findReset(db, digest, clock.now());
    if (!known) return reject(InvalidResetToken);
    const weak = weakness(body.password, known.email);
    if (weak) return weak;
    const hash = await passwords.hash(body.password);
    const done = await db.transaction(async (tx) => {
      const account = await lockCustomer(tx, known.id);
      if (!account || !(await takeReset(tx, digest, account.id))) return reject(InvalidResetToken);
      setPassword(tx, account.id, hash);
      forgetResets(tx, account.id);
      endSessions(tx, account.id);
      const { id, email, name } = account;
      tx.send(PasswordChanged, { id, email, name, changed_at: tx.now.toISOString() }, { traceparent });
      return account.email;
    });
    if (isRejection(done)) return done;
    await check.forget(done);
    return {};
  }

  return [
    route(Login, login),
    route(Refresh, refresh),
    route(Logout, logout),
    route(LogoutEverywhere, logoutEverywhere),
    route(ForgotPassword, forgot),
    route(ResetPassword, reset),
  ];
}

/** A browser says so when another origin makes it ask (Fetch Metadata); whatever says nothing is no browser of today. */
const isForeign = (site: string | undefined) => site !== undefined && site !== 'same-origin' && site !== 'none';
