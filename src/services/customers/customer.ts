/** The rules of an account: whose it is, which passwords are too easy, who may leave. Pure. */
import { dictionary } from '@zxcvbn-ts/language-common';
import type { Customer as CustomerReply, UpdateCustomer } from '../../contracts/customers.ts';
import { LastAdmin, NotFound, WeakPassword } from '../../contracts/problems.ts';
import { InternationalPhone } from '../../contracts/shapes.ts';
import type { Caller } from '../../platform/auth.ts';
import type { BodyOf } from '../../platform/contract.ts';
import type { Rejection } from '../../platform/problem.ts';
import { common, reject } from '../../platform/problem.ts';

export type Customer = CustomerReply;
export type Profile = Pick<Customer, 'email' | 'name' | 'phone' | 'address' | 'role' | 'notify_by'>;

/** One account for each mailbox: nobody tells Ann@ from ann@. */
export function normalEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** Customers see and change themselves, admins everyone. To all others an account does not exist. */
export function mayTouch(caller: Caller, id: string): boolean {
  return caller.role === 'admin' || (caller.role === 'customer' && caller.id === id);
}

/** What password-guessing lists try, of what is long enough to be allowed at all: about 18,000. */
const COMMON = new Set([...dictionary['passwords-common'].filter(({ length }) => length >= 8), 'tradewind']);

/** Why a password is refused; undefined when it is not. NIST SP 800-63B, 5.1.1.2: a list, no composition rules. */
export function weakness(password: string, email: string): Rejection<'weak-password'> | undefined {
  const text = password.toLowerCase();
  const detail =
    text === email || text === email.split('@')[0]
      ? 'must not be the e-mail address'
      : COMMON.has(text) || new Set(text).size < 3
        ? 'is among the first that anybody would guess'
        : undefined;
  return detail ? reject(WeakPassword, { errors: [{ pointer: '/password', detail }] }) : undefined;
}

export function changedProfile(customer: Customer, change: BodyOf<typeof UpdateCustomer>): Profile {
  return {
    role: change.role ?? customer.role,
    notify_by: change.notify_by ?? customer.notify_by,
    email: change.email === undefined ? customer.email : normalEmail(change.email),
    name: change.name === undefined ? customer.name : change.name,
    phone: change.phone === undefined ? customer.phone : change.phone,
    address: change.address === undefined ? customer.address : change.address,
  };
}

/** SMS goes to numbers that can be reached from anywhere. */
export function unreachable({ phone, notify_by }: Pick<Profile, 'phone' | 'notify_by'>) {
  if (!notify_by.includes('sms') || InternationalPhone.test(phone ?? '')) return undefined;
  const detail = 'is needed for SMS, with its country code (+1 555 …)';
  return reject(common.invalid, { errors: [{ pointer: '/phone', detail }] });
}

/**
 * What takes an account over needs the caller's own password, an admin's too: whoever finds an open browser, or a token
 * that is still good for minutes, must not make it last.
 */
export function needsPassword({ password, email, role }: BodyOf<typeof UpdateCustomer>): boolean {
  return password !== undefined || email !== undefined || role !== undefined;
}

export interface Account {
  id: string;
  role: string;
  version: number;
}

/** The account to close, given it and all admins; or why it stays. */
export function closing(accounts: readonly Account[], id: string): Account | Rejection<'not-found' | 'last-admin'> {
  const account = accounts.find((one) => one.id === id);
  if (!account) return reject(NotFound);
  return isLastAdmin(accounts, id) ? reject(LastAdmin) : account;
}

export function isLastAdmin(accounts: readonly Account[], id: string): boolean {
  const admins = accounts.filter(({ role }) => role === 'admin');
  return admins.length === 1 && admins[0]?.id === id;
}
