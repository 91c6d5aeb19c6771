/** Everything that is declared, for what must walk all of it: gateway, documents, topology, tests. */
import type { Endpoint, EventContract } from '../platform/contract.ts';
import { ACTIVITY } from './activity.ts';
import * as audit from './audit.ts';
import * as catalog from './catalog.ts';
import * as customerSheets from './customer-sheets.ts';
import * as customers from './customers.ts';
import { DESKS } from './dead-letters.ts';
import { FOUND_CONTRACTS } from './found.ts';
import * as inventory from './inventory.ts';
import { MESSAGES } from './messages.ts';
import * as notifications from './notifications.ts';
import * as orders from './orders.ts';
import * as payments from './payments.ts';
import type { ServiceName } from './services.ts';
import * as tap from './tap.ts';
import * as traces from './traces.ts';
import * as xray from './xray.ts';

export { FOUND, SERVICES, type ServiceName } from './services.ts';

const declared: unknown[] = [
  ...[catalog, inventory, orders, payments, customers, customerSheets, notifications, audit, traces, xray, tap],
  ...FOUND_CONTRACTS.values(),
  ...[...Object.values(DESKS), ...Object.values(audit.AUDITS)],
  ...[audit.AuditKnown, audit.AuditWaiting, MESSAGES, ACTIVITY],
].flatMap((module) => Object.values(module));

const has = (value: unknown, key: string) => typeof value === 'object' && value !== null && key in value;
export const ENDPOINTS = declared.filter((value) => has(value, 'method') && has(value, 'path')) as Endpoint[];
export const EVENTS = declared.filter((value) => has(value, 'publisher')) as EventContract[];

/**
 * Who listens to what. Every process declares every queue from this, so that no event is lost on a room that has not
 * been started yet; a room whose handlers say otherwise is refused at start.
 */
export const SUBSCRIPTIONS: Record<ServiceName, readonly EventContract[]> = {
  catalog: [inventory.StockChanged],
  inventory: [
    catalog.ProductCreated,
    orders.OrderPlaced,
    orders.OrderFailed,
    orders.OrderCancelled,
    orders.OrderShipped,
    customers.CustomerDeleted,
  ],
  orders: [
    catalog.ProductCreated,
    catalog.ProductUpdated,
    catalog.ProductDeleted,
    inventory.StockDeducted,
    inventory.StockDeductionFailed,
    inventory.StockRestored,
    payments.PaymentProcessed,
    payments.PaymentFailed,
    payments.PaymentRefunded,
    payments.PaymentRefundFailed,
    payments.PaymentMethodsChanged,
    customers.CustomerDeleted,
  ],
  payments: [orders.OrderAwaitingPayment, orders.OrderFailed, orders.OrderCancelled, customers.CustomerDeleted],
  customers: [],
  notifications: [
    orders.OrderConfirmed,
    orders.OrderFailed,
    orders.OrderCancelled,
    orders.OrderShipped,
    orders.OrderDelivered,
    payments.PaymentRefunded,
    inventory.StockLow,
    catalog.ProductCreated,
    catalog.ProductUpdated,
    customers.CustomerRegistered,
    customers.RegistrationRepeated,
    customers.CustomerUpdated,
    customers.CustomerDeleted,
    customers.PasswordResetRequested,
    customers.PasswordChanged,
  ],
  ...Object.fromEntries([...FOUND_CONTRACTS].map(([service, { SERVICE }]) => [service, SERVICE.hears])),
};
