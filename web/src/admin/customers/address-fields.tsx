/** An address to be typed: its parts, or the lines of text that an older client sent. */
import type { Customer } from '../../../../src/contracts/customers.ts';
import { PARTS } from '../../api/profile-changes.ts';
import { Field, Input } from '../../ui/kit.tsx';

type Address = NonNullable<Customer['address']>;
type Faults = Record<string, string | undefined>;

export function AddressFields({ address, faults }: { address: Address | null; faults: Faults }) {
  if (typeof address === 'string') {
    return (
      <Field label="Address" optional fault={faults['/address']}>
        {(attributes) => (
          <textarea {...attributes} name="address" className="input" rows={4} maxLength={1000} defaultValue={address} />
        )}
      </Field>
    );
  }
  const field = (name: keyof Exclude<Address, string>, label: string, maxLength = 200) => (
    <Input
      label={label}
      name={`address.${name}`}
      optional
      maxLength={maxLength}
      defaultValue={address?.[name] ?? ''}
      fault={faults[`/address/${name}`]}
      {...(name === 'country' && { placeholder: 'PT', pattern: '[A-Za-z]{2}', title: 'Two letters, such as PT' })}
    />
  );
  return (
    <fieldset className="form">
      <legend className="label">Address</legend>
      {field('name', 'Recipient')}
      {field('line1', 'Street and number')}
      {field('line2', 'Further line')}
      <div className="columns">
        {field('postal_code', 'Postal code', 20)}
        {field('city', 'City', 100)}
      </div>
      <div className="columns">
        {field('region', 'Region', 100)}
        {field('country', 'Country', 2)}
      </div>
    </fieldset>
  );
}

/** Undefined when nothing was typed. */
export function addressIn(form: FormData): Address | undefined {
  const text = (name: string) => String(form.get(name) ?? '').trim();
  if (form.has('address')) return text('address') || undefined;
  const filled = PARTS.map((name) => [name, text(`address.${name}`)] as const).filter(([, value]) => value !== '');
  if (filled.length === 0) return undefined;
  const address = Object.fromEntries(filled) as Exclude<Address, string>;
  return {
    ...address,
    line1: address.line1 ?? '',
    city: address.city ?? '',
    country: (address.country ?? '').toUpperCase(),
  };
}
