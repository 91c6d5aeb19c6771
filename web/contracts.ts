/**
 * The pages speak through the contracts themselves: their types check every call, and this is what is left of them at
 * run time. Schemas would bring their library into every browser; a call needs an endpoint's name, method, path and who
 * may call it, and forms need the words and limits that are declared beside them.
 */
import { basename, resolve } from 'node:path';
import type { Plugin } from 'vite';
import * as activity from '../src/contracts/activity.ts';
import * as audit from '../src/contracts/audit.ts';
import * as catalog from '../src/contracts/catalog.ts';
import * as customerSheets from '../src/contracts/customer-sheets.ts';
import * as customers from '../src/contracts/customers.ts';
import * as deadLetters from '../src/contracts/dead-letters.ts';
import * as inventory from '../src/contracts/inventory.ts';
import * as messages from '../src/contracts/messages.ts';
import * as notifications from '../src/contracts/notifications.ts';
import * as orders from '../src/contracts/orders.ts';
import * as payments from '../src/contracts/payments.ts';
import * as problems from '../src/contracts/problems.ts';
import * as services from '../src/contracts/services.ts';
import * as shapes from '../src/contracts/shapes.ts';
import * as tap from '../src/contracts/tap.ts';
import * as traces from '../src/contracts/traces.ts';
import * as webhooks from '../src/contracts/webhooks.ts';
import * as xray from '../src/contracts/xray.ts';
import type { Endpoint } from '../src/platform/contract.ts';

const MODULES: Record<string, Record<string, unknown>> = {
  activity,
  audit,
  catalog,
  'customer-sheets': customerSheets,
  customers,
  inventory,
  messages,
  notifications,
  orders,
  payments,
  problems,
  services,
  shapes,
  traces,
  tap,
  webhooks,
  xray,
  'dead-letters': deadLetters,
};
const FOLDER = resolve(import.meta.dirname, '../src/contracts');

/** `undefined` for what browsers have no use for: schemas and events. */
function atRunTime(value: unknown): unknown {
  if (typeof value === 'function') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  // What a service hears are contracts.
  if (Array.isArray(value)) return value.some((one) => typeof one === 'object') ? undefined : value;
  if ('method' in value && 'publicPaths' in value && 'name' in value) {
    const { name, method, publicPaths, access } = value as unknown as Endpoint;
    return { name, method, publicPaths, access };
  }
  if ('code' in value) return value;
  // A schema that is a list of words.
  if ('enum' in value) return { enum: value.enum };
  if ('type' in value) return undefined;
  const plain = Object.values(value).every((one) => typeof one !== 'object');
  return plain ? value : endpointsIn(value);
}

/** Endpoints that are declared for every service at once: service → action → endpoint. */
function endpointsIn(table: object): unknown {
  const rows = Object.entries(table).map(([name, row]) => [
    name,
    typeof row === 'object' && row !== null && !('publisher' in row) ? atRunTime(row) : undefined,
  ]);
  return rows.every(([, row]) => row !== undefined) ? Object.fromEntries(rows) : undefined;
}

export function contracts(): Plugin {
  return {
    name: 'tradewind-contracts',
    enforce: 'pre',
    load(id) {
      const file = id.split('?')[0] as string;
      const module = file.startsWith(FOLDER) ? MODULES[basename(file, '.ts')] : undefined;
      if (!module) return undefined;
      const lines = Object.entries(module).flatMap(([name, value]) => {
        const kept = value instanceof RegExp ? undefined : atRunTime(value);
        return kept === undefined ? [] : [`export const ${name} = ${JSON.stringify(kept)};`];
      });
      return { code: lines.join('\n'), moduleType: 'js' };
    },
  };
}
