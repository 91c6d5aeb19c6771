/** Customers: accounts, and the tokens that prove who somebody is. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { endpoint, event } from '../platform/contract.ts';
import { EmailTaken, LastAdmin, NotFound, WeakPassword, WrongCredentials } from './problems.ts';
import { AddressIn, Cursor, Email, Id, Limit, Line, nullable, page, Time } from './shapes.ts';

export const Role = Type.Enum(['customer', 'admin']);
export type Role = Static<typeof Role>;

export const Customer = Type.Object({
  id: Id,
  email: Type.String(),
  name: nullable(Type.String()),
  phone: nullable(Type.String()),
  address: nullable(AddressIn),
  role: Role,
  version: Type.Integer(),
  created_at: Time,
  updated_at: Time,
});
export type Customer = Static<typeof Customer>;

const profile = {
  name: Type.Optional(Line(200)),
  phone: Type.Optional(Type.String({ pattern: '^\\+?[0-9 ()./-]{5,30}$' })),
  address: Type.Optional(AddressIn),
};
const Password = Type.String({ minLength: 8, maxLength: 200 });
const ById = Type.Object({ id: Id });

export const Register = endpoint('customers.register', 'POST /customers', {
  service: 'customers',
  summary: 'Open an account',
  access: 'anyone',
  body: Type.Object({ email: Email, password: Password, ...profile }, { additionalProperties: false }),
  status: 201,
  reply: Customer,
  problems: [EmailTaken, WeakPassword],
});
export const ListCustomers = endpoint('customers.list', 'GET /customers', {
  service: 'customers',
  summary: 'Customers, newest first',
  access: 'admin',
  query: Type.Object({ email: Type.Optional(Email), limit: Limit, cursor: Cursor }, { additionalProperties: false }),
  reply: page(Customer),
});
export const GetCustomer = endpoint('customers.get', 'GET /customers/{id}', {
  service: 'customers',
  summary: 'One customer: oneself, or anyone for an admin',
  access: 'customer',
  params: ById,
  reply: Customer,
  problems: [NotFound],
});
export const UpdateCustomer = endpoint('customers.update', 'PATCH /customers/{id}', {
  service: 'customers',
  summary: 'Change a profile',
  access: 'customer',
  params: ById,
  body: Type.Object(
    { ...profile, email: Type.Optional(Email), password: Type.Optional(Password) },
    { additionalProperties: false, minProperties: 1 },
  ),
  reply: Customer,
  problems: [NotFound, EmailTaken, WeakPassword],
});
export const DeleteCustomer = endpoint('customers.delete', 'DELETE /customers/{id}', {
  service: 'customers',
  summary: 'Close an account; its orders stay',
  access: 'customer',
  params: ById,
  problems: [NotFound, LastAdmin],
});
export const Login = endpoint('customers.login', 'POST /auth/login', {
  service: 'customers',
  summary: 'Exchange e-mail and password for a short-lived access token',
  access: 'anyone',
  body: Type.Object({ email: Email, password: Type.String({ maxLength: 200 }) }, { additionalProperties: false }),
  reply: Type.Object({
    access_token: Type.String(),
    token_type: Type.Literal('Bearer'),
    expires_in: Type.Integer({ description: 'Seconds' }),
  }),
  problems: [WrongCredentials],
});
export const Me = endpoint('customers.me', 'GET /auth/me', {
  service: 'customers',
  summary: 'Who am I',
  access: 'customer',
  reply: Customer,
  problems: [NotFound],
});
export const Jwks = endpoint('customers.jwks', 'GET /.well-known/jwks.json', {
  service: 'customers',
  summary: 'The public keys that verify access tokens',
  access: 'anyone',
  publicPaths: ['/.well-known/jwks.json'],
  reply: Type.Object({
    keys: Type.Array(
      Type.Object({
        kty: Type.String(),
        crv: Type.String(),
        x: Type.String(),
        kid: Type.String(),
        alg: Type.String(),
        use: Type.String(),
      }),
    ),
  }),
});

const Data = Type.Object({ id: Id, email: Type.String(), name: nullable(Type.String()), version: Type.Integer() });
export const CustomerRegistered = event('customer.registered', {
  publisher: 'customers',
  summary: 'An account was opened',
  data: Data,
  subject: 'id',
});
export const CustomerUpdated = event('customer.updated', {
  publisher: 'customers',
  summary: 'A profile has changed',
  data: Data,
  subject: 'id',
});
export const CustomerDeleted = event('customer.deleted', {
  publisher: 'customers',
  summary: 'An account was closed: personal data is to be erased',
  data: Type.Object({ id: Id, version: Type.Integer() }),
  subject: 'id',
});
