/** Customers: accounts, and the tokens that prove who somebody is. */
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { endpoint, event } from '../platform/contract.ts';
import {
  CartChanged,
  EmailTaken,
  ForeignSite,
  InvalidResetToken,
  KeyChanged,
  LastAdmin,
  NotFound,
  SessionOver,
  TooManyAddresses,
  TooManyAttempts,
  WeakPassword,
  WrongCredentials,
  WrongPassword,
} from './problems.ts';
import {
  Address,
  AddressIn,
  Cursor,
  Email,
  Id,
  INT4,
  LIMITS,
  Limit,
  Line,
  NotifyBy,
  nullable,
  Phone,
  ProductId,
  ProductIdIn,
  page,
  Quantity,
  Text,
  Time,
} from './shapes.ts';

export const Role = Type.Enum(['customer', 'admin']);
export type Role = Static<typeof Role>;

export const Customer = Type.Object({
  id: Id,
  email: Type.String(),
  name: nullable(Type.String()),
  phone: nullable(Type.String()),
  address: nullable(AddressIn),
  /** How the shop tells of orders, unless an order says otherwise. */
  notify_by: NotifyBy,
  role: Role,
  version: Type.Integer(),
  created_at: Time,
  updated_at: Time,
});
export type Customer = Static<typeof Customer>;

const profile = {
  name: Type.Optional(Line(200)),
  phone: Type.Optional(Phone),
  address: Type.Optional(AddressIn),
  notify_by: Type.Optional(NotifyBy),
};
const Password = Type.String({ minLength: LIMITS.passwordMin, maxLength: LIMITS.password });
const ById = Type.Object({ id: Id });

export const Register = endpoint('customers.register', 'POST /customers', {
  service: 'customers',
  summary:
    'Open an account. 202 whether or not the address has one already: its owner is told by mail. For admins 201 with the account, or 409',
  access: 'anyone',
  body: Type.Object({ email: Email, password: Password, ...profile }, { additionalProperties: false }),
  status: 202,
  reply: Type.Object({ email: Type.String(), next: Type.String({ description: 'What to do, in words' }) }),
  others: { 201: Customer },
  problems: [EmailTaken, WeakPassword],
  quota: 'auth',
});
export const ListCustomers = endpoint('customers.list', 'GET /customers', {
  service: 'customers',
  summary: 'Customers, newest first',
  access: 'admin',
  query: Type.Object(
    {
      email: Type.Optional(Email),
      text: Type.Optional({ ...Text(200), description: 'words of name, e-mail or phone, each by its beginning' }),
      role: Type.Optional(Role),
      limit: Limit,
      cursor: Cursor,
    },
    { additionalProperties: false },
  ),
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
  summary:
    'Change a profile. A new e-mail, password or role needs the `current_password` of whoever asks; a new password ends every session of the account. Admins may change roles. `null` takes name, phone or address away',
  access: 'customer',
  params: ById,
  body: Type.Object(
    {
      ...profile,
      name: Type.Optional(nullable(Line(200))),
      phone: Type.Optional(nullable(Phone)),
      address: Type.Optional(nullable(AddressIn)),
      email: Type.Optional(Email),
      password: Type.Optional(Password),
      current_password: Type.Optional(Type.String({ maxLength: 200 })),
      role: Type.Optional(Role),
    },
    { additionalProperties: false, minProperties: 1 },
  ),
  reply: Customer,
  problems: [NotFound, EmailTaken, WeakPassword, WrongPassword, TooManyAttempts, LastAdmin],
  quota: 'auth',
});
export const DeleteCustomer = endpoint('customers.delete', 'DELETE /customers/{id}', {
  service: 'customers',
  summary:
    'Close an account: its orders stay, everything personal is erased from the whole shop. Needs the `current_password` of whoever asks',
  access: 'customer',
  params: ById,
  body: Type.Object(
    { current_password: Type.Optional(Type.String({ maxLength: 200 })) },
    { additionalProperties: false },
  ),
  problems: [NotFound, LastAdmin, WrongPassword, TooManyAttempts],
  quota: 'auth',
});

export const Cart = Type.Object({
  items: Type.Array(Type.Object({ product_id: ProductId, quantity: Type.Integer() })),
  version: Type.Integer({ description: 'Grows with each change; 0 of a cart that there has never been' }),
  updated_at: nullable(Time),
});
export type Cart = Static<typeof Cart>;

const Anything = Type.Unsafe<object>({ type: 'object', additionalProperties: true });
export const ExportCustomer = endpoint('customers.export', 'GET /customers/{id}/export', {
  service: 'customers',
  summary: 'Everything the shop keeps about an account; at the gateway its orders and notifications too',
  access: 'customer',
  params: ById,
  reply: Type.Object({
    exported_at: Time,
    account: Customer,
    addresses: Type.Array(Anything),
    cart: Cart,
    sessions: Type.Array(Type.Object({ created_at: Time, used_at: Time, expires_at: Time })),
    orders: Type.Optional(Type.Array(Anything, { description: 'At the gateway' })),
    notifications: Type.Optional(Type.Array(Anything, { description: 'At the gateway' })),
  }),
  problems: [NotFound],
});

export const SavedAddress = Type.Object({
  id: Id,
  label: nullable(Type.String()),
  address: Address,
  is_default: Type.Boolean(),
  created_at: Time,
  updated_at: Time,
});
export type SavedAddress = Static<typeof SavedAddress>;
const addressFields = { label: Type.Optional(Line(100)), is_default: Type.Optional(Type.Boolean()) };
const ByAddress = Type.Object({ id: Id, address_id: Id });

export const ListAddresses = endpoint('customers.addresses', 'GET /customers/{id}/addresses', {
  service: 'customers',
  summary: 'The address book of an account, oldest first',
  access: 'customer',
  params: ById,
  reply: Type.Object({ items: Type.Array(SavedAddress) }),
  problems: [NotFound],
});
export const AddAddress = endpoint('customers.add-address', 'POST /customers/{id}/addresses', {
  service: 'customers',
  summary: 'Keep an address; the first one is the default',
  access: 'customer',
  params: ById,
  body: Type.Object({ address: Address, ...addressFields }, { additionalProperties: false }),
  status: 201,
  reply: SavedAddress,
  problems: [NotFound, TooManyAddresses],
});
export const UpdateAddress = endpoint('customers.update-address', 'PATCH /customers/{id}/addresses/{address_id}', {
  service: 'customers',
  summary: 'Change an address, or make it the default',
  access: 'customer',
  params: ByAddress,
  body: Type.Object(
    { address: Type.Optional(Address), ...addressFields, label: Type.Optional(nullable(Line(100))) },
    { additionalProperties: false, minProperties: 1 },
  ),
  reply: SavedAddress,
  problems: [NotFound],
});
export const DeleteAddress = endpoint('customers.delete-address', 'DELETE /customers/{id}/addresses/{address_id}', {
  service: 'customers',
  summary: 'Forget an address',
  access: 'customer',
  params: ByAddress,
  problems: [NotFound],
});

export const GetCart = endpoint('customers.cart', 'GET /customers/{id}/cart', {
  service: 'customers',
  summary: 'The cart of one’s own account, as it was put; whether its products are still sold is not its business',
  access: 'customer',
  params: ById,
  reply: Cart,
  problems: [NotFound],
});
export const PutCart = endpoint('customers.put-cart', 'PUT /customers/{id}/cart', {
  service: 'customers',
  summary:
    'Replace the cart that was read at `version`. When another device was faster: 409 with the `cart` that there is now, to merge with and put again. What it holds already changes nothing',
  access: 'customer',
  params: ById,
  body: Type.Object(
    {
      items: Type.Array(Type.Object({ product_id: ProductIdIn, quantity: Quantity }, { additionalProperties: false }), {
        maxItems: LIMITS.lines,
        description: 'Each product once',
      }),
      version: Type.Integer({ minimum: 0, maximum: 2_147_483_646, description: 'Of the cart that was read' }),
    },
    { additionalProperties: false },
  ),
  reply: Cart,
  problems: [NotFound, CartChanged],
});

const Tokens = Type.Object({
  access_token: Type.String(),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Seconds' }),
});
export const Login = endpoint('customers.login', 'POST /auth/login', {
  service: 'customers',
  summary: 'Exchange e-mail and password for a short-lived access token, and a refresh token in an HttpOnly cookie',
  access: 'anyone',
  body: Type.Object({ email: Email, password: Type.String({ maxLength: 200 }) }, { additionalProperties: false }),
  headers: ['cookie'],
  reply: Tokens,
  problems: [WrongCredentials, TooManyAttempts],
  quota: 'auth',
});
export const Refresh = endpoint('customers.refresh', 'POST /auth/refresh', {
  service: 'customers',
  summary:
    'Exchange the refresh cookie for a new access token and the next cookie; one that is used again ends the session',
  access: 'anyone',
  headers: ['cookie', 'sec-fetch-site'],
  reply: Tokens,
  problems: [SessionOver, ForeignSite],
});
export const Logout = endpoint('customers.logout', 'POST /auth/logout', {
  service: 'customers',
  summary: 'End the session of the refresh cookie; access tokens run out by themselves',
  access: 'anyone',
  headers: ['cookie', 'sec-fetch-site'],
  problems: [ForeignSite],
});
export const LogoutEverywhere = endpoint('customers.logout-everywhere', 'POST /auth/logout-everywhere', {
  service: 'customers',
  summary: 'End every session of the account; access tokens run out by themselves',
  access: 'customer',
  headers: ['cookie'],
});
export const ForgotPassword = endpoint('customers.forgot-password', 'POST /auth/forgot-password', {
  service: 'customers',
  summary:
    'Ask for a mail with a link to set a new password; the answer is the same whether or not there is an account',
  access: 'anyone',
  body: Type.Object({ email: Email }, { additionalProperties: false }),
  status: 202,
  quota: 'auth',
});
export const ResetPassword = endpoint('customers.reset-password', 'POST /auth/reset-password', {
  service: 'customers',
  summary: 'Set a new password with the token of the mail, once; ends every session of the account',
  access: 'anyone',
  body: Type.Object({ token: Type.String({ maxLength: 100 }), password: Password }, { additionalProperties: false }),
  problems: [InvalidResetToken, WeakPassword],
  quota: 'auth',
});
export const Me = endpoint('customers.me', 'GET /auth/me', {
  service: 'customers',
  summary: 'Who am I',
  access: 'customer',
  reply: Customer,
  problems: [NotFound],
});
export const RotateKey = endpoint('customers.rotate-key', 'POST /auth/keys', {
  service: 'customers',
  summary:
    'Make another key for access tokens; it is used in a minute. Tokens of the one before stay valid until they run out: nobody is logged out',
  access: 'admin',
  status: 201,
  reply: Type.Object({ kid: Type.String(), active_from: Time }),
  problems: [KeyChanged],
});
export const RevokeKey = endpoint('customers.revoke-key', 'DELETE /auth/keys/{kid}', {
  service: 'customers',
  summary:
    'A former key has leaked: its tokens are refused within ten minutes, and pages get new ones by their session. Not the key in use',
  access: 'admin',
  params: Type.Object({ kid: Line(100) }),
  problems: [NotFound, KeyChanged],
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

const Data = Type.Object({
  id: Id,
  email: Type.String(),
  name: nullable(Type.String()),
  phone: Type.Optional(nullable(Type.String())),
  notify_by: Type.Optional(NotifyBy),
  version: Type.Integer(INT4),
});
export const CustomerRegistered = event('customer.registered', {
  publisher: 'customers',
  summary: 'An account was opened',
  data: Data,
  subject: 'id',
  personal: ['email', 'name', 'phone'],
});
export const RegistrationRepeated = event('customer.registration_repeated', {
  publisher: 'customers',
  summary: 'Somebody, perhaps the customer, has tried to open a second account: tell the owner of the address',
  data: Type.Object({ id: Id, email: Type.String(), name: nullable(Type.String()), tried_at: Time }),
  subject: 'id',
  personal: ['email', 'name'],
});
export const CustomerUpdated = event('customer.updated', {
  publisher: 'customers',
  summary: 'A profile has changed',
  data: Data,
  subject: 'id',
  personal: ['email', 'name', 'phone'],
});
export const CustomerDeleted = event('customer.deleted', {
  publisher: 'customers',
  summary: 'An account was closed: personal data is to be erased',
  data: Type.Object({ id: Id, version: Type.Integer(INT4) }),
  subject: 'id',
});
/** Carries a secret that is good for an hour and once, like the mail it becomes. */
export const PasswordResetRequested = event('customer.password_reset_requested', {
  publisher: 'customers',
  summary: 'Somebody who may be the customer has forgotten the password: mail the token',
  data: Type.Object({
    id: Id,
    email: Type.String(),
    name: nullable(Type.String()),
    token: Type.String(),
    expires_at: Time,
  }),
  subject: 'id',
  secrets: ['token'],
  addressees: ['email'],
  personal: ['email', 'name'],
});
export const PasswordChanged = event('customer.password_changed', {
  publisher: 'customers',
  summary: 'The password of an account was changed: its owner should know',
  data: Type.Object({ id: Id, email: Type.String(), name: nullable(Type.String()), changed_at: Time }),
  subject: 'id',
  personal: ['email', 'name'],
});
