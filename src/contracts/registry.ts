/** Everything that is declared, for what must walk all of it: gateway, documents, topology, tests. */
import type { Endpoint, EventContract } from '../platform/contract.ts';
import * as catalog from './catalog.ts';
import * as customers from './customers.ts';
import * as inventory from './inventory.ts';
import * as notifications from './notifications.ts';
import * as orders from './orders.ts';
import * as payments from './payments.ts';

export const SERVICES = ['catalog', 'inventory', 'orders', 'payments', 'customers', 'notifications'] as const;
export type ServiceName = (typeof SERVICES)[number];

const declared: unknown[] = [catalog, inventory, orders, payments, customers, notifications].flatMap((module) =>
  Object.values(module),
);

const has = (value: unknown, key: string) => typeof value === 'object' && value !== null && key in value;
export const ENDPOINTS = declared.filter((value) => has(value, 'method') && has(value, 'path')) as Endpoint[];
export const EVENTS = declared.filter((value) => has(value, 'publisher')) as EventContract[];
