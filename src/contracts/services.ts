/**
 * The services of the shop, by their names: those that others call by name, and every other folder of `src/services` that
 * has a service in it. So a service comes by adding its folder and its contract, and no list grows.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const KNOWN = ['catalog', 'inventory', 'orders', 'payments', 'customers', 'notifications'] as const;
export type ServiceName = (typeof KNOWN)[number];

/** Those that no line of the others names. */
export const FOUND: readonly string[] = findServices(join(import.meta.dirname, '..', 'services'));
/** All of them. Types know the six; a found one passes for one of them, because whoever walks all treats all alike. */
export const SERVICES = [...KNOWN, ...FOUND] as readonly ServiceName[];

function findServices(folder: string): string[] {
  const hasService = (name: string) =>
    ['ts', 'js'].some((ending) => existsSync(join(folder, name, `service.${ending}`)));
  const others = readdirSync(folder).filter((name) => !KNOWN.includes(name as ServiceName));
  return others.filter(hasService).sort();
}
