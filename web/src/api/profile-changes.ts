/** What of a profile that somebody has edited is to be sent. Nothing here asks the shop. */
import type { Customer, UpdateCustomer } from '../../../src/contracts/customers.ts';
import type { BodyOf } from '../../../src/platform/contract.ts';

export type Profile = Pick<Customer, 'name' | 'phone' | 'address' | 'notify_by'>;
type Address = NonNullable<Customer['address']>;

export const PARTS = ['name', 'line1', 'line2', 'city', 'region', 'postal_code', 'country'] as const;

/** Only what differs: what its owner has changed meanwhile stays as they left it. An address is one thing. */
export function profileChanges(before: Profile, now: Profile): BodyOf<typeof UpdateCustomer> {
  return {
    ...(now.name !== before.name && { name: now.name }),
    ...(now.phone !== before.phone && { phone: now.phone }),
    ...(!isSameSet(now.notify_by, before.notify_by) && { notify_by: now.notify_by }),
    ...(linesOf(now.address) !== linesOf(before.address) && { address: now.address }),
  };
}

const isSameSet = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((one) => b.includes(one));

/** Its parts that are not empty, in one order. */
function linesOf(address: Address | null): string {
  if (address === null || typeof address === 'string') return JSON.stringify(address?.trim() || null);
  return JSON.stringify(PARTS.map((part) => address[part]?.trim() || null));
}
