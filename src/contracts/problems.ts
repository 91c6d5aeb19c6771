/** Every fault that a caller can do something about, once. The documents list them; clients switch on `type`. */
import { problem } from '../platform/contract.ts';

export const NotFound = problem('not-found', 404, 'There is no such thing, or it is not yours');
export const UnknownProduct = problem('unknown-product', 422, 'A product of this order does not exist or is not sold');
export const PriceMismatch = problem('price-mismatch', 409, 'The price has changed');
export const MixedCurrencies = problem('mixed-currencies', 422, 'One order has one currency');
export const UnknownPaymentMethod = problem('unknown-payment-method', 422, 'An order cannot be paid like this');
export const EmailNeeded = problem('email-needed', 422, 'An order needs an e-mail address');
export const CustomerNeedsLogin = problem('customer-needs-login', 401, 'Log in to order as a customer');
export const ForeignCustomer = problem('foreign-customer', 403, 'You may only order for yourself');
export const UnknownCustomer = problem('unknown-customer', 422, 'There is no such customer');
export const CustomersUnavailable = problem(
  'customers-unavailable',
  503,
  'Customer accounts cannot be checked right now',
);
export const IllegalStatus = problem('illegal-status-change', 409, 'The order cannot take this step now');
export const NotFinished = problem('not-finished', 409, 'Only finished orders can be deleted');
export const ProductExists = problem('product-exists', 409, 'There is a product with this id already');
export const ProductChanged = problem('product-changed', 409, 'The product has changed since it was read');
export const InvalidPrice = problem('invalid-price', 422, 'The price does not fit its currency');
export const InvalidImage = problem('invalid-image', 422, 'This is no picture that the shop can use');
export const TooManyImages = problem('too-many-images', 409, 'A product has at most eight pictures');
export const InvalidLink = problem('link-not-valid', 403, 'This link was not made by the shop');
export const ExpiredLink = problem('link-expired', 410, 'This link has expired: read the product again');
export const NotEnoughStock = problem('not-enough-stock', 409, 'There is not that much free stock');
export const ReservationEnded = problem('reservation-ended', 409, 'The reservation is no longer held');
export const EmailTaken = problem('email-taken', 409, 'There is an account with this e-mail already');
export const TooManyAttempts = problem('too-many-attempts', 429, 'Too many attempts to log in; wait a while');
export const WrongPassword = problem('wrong-password', 403, 'The current password is another one');
export const SessionOver = problem('session-over', 401, 'The session has ended; log in again');
export const ForeignSite = problem('foreign-site', 403, 'Another site asked for this, not the shop');
export const InvalidResetToken = problem('invalid-reset-token', 422, 'This link was used already, or is too old');
export const TooManyAddresses = problem('too-many-addresses', 409, 'An account keeps at most 20 addresses');
export const CartChanged = problem('cart-changed', 409, 'The cart has changed since it was read');
export const WrongCredentials = problem('wrong-credentials', 401, 'E-mail or password is wrong');
export const LastAdmin = problem('last-admin', 409, 'A shop keeps at least one admin');
export const WeakPassword = problem('weak-password', 422, 'This password is too easy to guess');
export const NotRefundable = problem('not-refundable', 409, 'There is not that much left to refund');
export const NotBelieved = problem(
  'webhook-not-believed',
  400,
  'This webhook is not believed: its signature or its content is wrong',
);
export const NotResendable = problem('not-resendable', 409, 'This notification cannot be sent again now');
export const InvalidRecipient = problem('invalid-recipient', 422, 'This is no address that the channel can reach');
export const AlreadyDealtWith = problem('already-dealt-with', 409, 'This message was retried or put aside already');
export const StillFaulty = problem('still-faulty', 422, 'This message cannot be handled as it is');
export const EventsElsewhere = problem('events-elsewhere', 409, 'Events of this shop do not pass here');
export const EndsTheProcess = problem('ends-the-process', 409, 'This message has ended the process that handled it');
export const KeyChanged = problem('key-in-use', 409, 'This key cannot be changed now');
export const TooManyWebhooks = problem('too-many-webhooks', 409, 'A shop tells at most 50 addresses');
export const NotReplayable = problem('not-replayable', 409, 'This cannot be sent now');
