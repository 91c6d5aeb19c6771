/** The rules of an account: whose it is, which passwords are too easy, who may leave. Pure. */
import type { Customer as CustomerReply, UpdateCustomer } from '../../contracts/customers.ts';
import { LastAdmin, NotFound, WeakPassword } from '../../contracts/problems.ts';
import type { Caller } from '../../platform/auth.ts';
import type { BodyOf } from '../../platform/contract.ts';
import type { Rejection } from '../../platform/problem.ts';
import { reject } from '../../platform/problem.ts';

export type Customer = CustomerReply;
export type Profile = Pick<Customer, 'email' | 'name' | 'phone' | 'address'>;

/** One account for each mailbox: nobody tells Ann@ from ann@. */
export function normalEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** Customers see and change themselves, admins everyone. To all others an account does not exist. */
export function mayTouch(caller: Caller, id: string): boolean {
  return caller.role === 'admin' || (caller.role === 'customer' && caller.id === id);
}

/** The first that every password-guessing list tries, of those that are long enough to be allowed at all. */
const COMMON = new Set(
  `password password1 password12 password123 passw0rd p@ssw0rd p@ssword 12345678 123456789 1234567890 0123456789
   87654321 987654321 11111111 00000000 88888888 12341234 11223344 123123123 123454321 qwertyui qwertyuiop qwerty12
   qwerty123 qwertz123 1q2w3e4r 1q2w3e4r5t 1qaz2wsx zaq12wsx q1w2e3r4 asdfghjk asdfghjkl asdf1234 zxcvbnm1 abcd1234
   abc12345 abcdefgh abcdefg1 aa123456 a1234567 iloveyou iloveyou1 sunshine princess football baseball superman
   batman123 starwars whatever trustno1 letmein1 letmein123 welcome1 welcome123 administrator admin123 admin1234
   changeme changeme1 changeit default1 computer internet michelle jennifer charlie1 dragon123 monkey123 shadow123
   master123 secret123 samsung1 corvette mercedes jordan23 liverpool pokemon1 tradewind`.split(/\s+/),
);

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
    email: change.email === undefined ? customer.email : normalEmail(change.email),
    name: change.name ?? customer.name,
    phone: change.phone ?? customer.phone,
    address: change.address ?? customer.address,
  };
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
  const admins = accounts.filter(({ role }) => role === 'admin');
  if (account.role === 'admin' && admins.length === 1) return reject(LastAdmin);
  return account;
}
