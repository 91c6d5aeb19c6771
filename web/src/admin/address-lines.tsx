/** An address as it is written on a parcel. */
import type { Order } from '../../../src/contracts/orders.ts';

const COUNTRIES = new Intl.DisplayNames(navigator.languages as string[], { type: 'region' });

export function AddressLines({ address }: { address: NonNullable<Order['shipping_address']> }) {
  if (typeof address === 'string') return <address className="address break">{address}</address>;
  const { name, line1, line2, city, region, postal_code, country } = address;
  const lines = [name, line1, line2, [postal_code, city].filter(Boolean).join(' '), region, COUNTRIES.of(country)];
  return (
    <address className="address break">
      {lines.filter(Boolean).map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the order of the lines is their identity
        <span key={index}>{line}</span>
      ))}
    </address>
  );
}
