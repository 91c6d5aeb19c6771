/** An address as it is written on a parcel. */
import type { Order } from '../../../src/contracts/orders.ts';
import { LANGUAGE } from './words.tsx';

const COUNTRIES = new Intl.DisplayNames(LANGUAGE, { type: 'region' });

export function AddressLines({ address }: { address: Order['shipping_address'] }) {
  if (address === null) return <p className="soft">No address was given.</p>;
  if (typeof address === 'string') return <address className="address">{address}</address>;
  const { name, line1, line2, city, region, postal_code, country } = address;
  const lines = [name, line1, line2, [postal_code, city].filter(Boolean).join(' '), region, COUNTRIES.of(country)];
  return <address className="address">{lines.filter(Boolean).join('\n')}</address>;
}
