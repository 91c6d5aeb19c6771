/** An address as a form: its fields, their order, the countries' names in the reader's language. */
import type { SavedAddress } from '../../../src/contracts/customers.ts';
import { Input, Select } from '../ui/kit.tsx';

export type AddressParts = SavedAddress['address'];
export const NO_ADDRESS: AddressParts = { line1: '', city: '', country: guessCountry() };

/** ISO 3166-1 alpha-2. */
const CODES =
  'AD AE AF AG AI AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM CN CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FM FR GA GB GD GE GH GM GN GQ GR GT GW GY HK HN HR HT HU ID IE IL IN IQ IR IS IT JM JO JP KE KG KH KI KM KN KR KW KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MM MN MO MR MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PR PS PT PW PY QA RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VN VU WS XK YE ZA ZM ZW';

let names: { code: string; name: string }[] | undefined;
export function countries(): { code: string; name: string }[] {
  const words = new Intl.DisplayNames(navigator.languages, { type: 'region' });
  names ??= CODES.split(' ')
    .map((code) => ({ code, name: words.of(code) ?? code }))
    .sort((a, b) => a.name.localeCompare(b.name));
  return names;
}

function guessCountry(): string {
  return /-([A-Z]{2})$/.exec(navigator.languages[0] ?? '')?.[1] ?? 'US';
}

export function countryName(code: string): string {
  return countries().find((one) => one.code === code)?.name ?? code;
}

/** Only what is filled in: an empty line is no line. */
export function filled(address: AddressParts): AddressParts {
  const entries = Object.entries(address).map(([name, value]) => [name, value?.trim()]);
  return Object.fromEntries(entries.filter(([, value]) => value)) as AddressParts;
}

export interface AddressFieldsProps {
  value: AddressParts;
  onChange: (address: AddressParts) => void;
  faults: Record<string, string | undefined>;
  /** Where in the request's body: `/shipping_address`. */
  pointer: string;
}

export function AddressFields({ value, onChange, faults, pointer }: AddressFieldsProps) {
  const field = (name: keyof AddressParts) => ({
    value: value[name] ?? '',
    onChange: ({ target }: React.ChangeEvent<HTMLInputElement | HTMLSelectElement>) =>
      onChange({ ...value, [name]: target.value }),
    fault: faults[`${pointer}/${name}`],
  });
  return (
    <>
      <Input label="Street and number" autoComplete="address-line1" maxLength={200} {...field('line1')} />
      <Input label="Apartment, floor" autoComplete="address-line2" maxLength={200} optional {...field('line2')} />
      <div className="columns">
        <Input label="Postal code" autoComplete="postal-code" maxLength={20} optional {...field('postal_code')} />
        <Input label="City" autoComplete="address-level2" maxLength={100} {...field('city')} />
      </div>
      <div className="columns">
        <Input label="State or region" autoComplete="address-level1" maxLength={100} optional {...field('region')} />
        <Select label="Country" autoComplete="country" required {...field('country')}>
          {countries().map(({ code, name }) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </Select>
      </div>
    </>
  );
}

/** As it is written on a parcel. */
export function AddressLines({ address }: { address: AddressParts | string | null }) {
  if (address === null) return <p className="soft">No address was given.</p>;
  if (typeof address === 'string') return <address className="address">{address}</address>;
  const { name, line1, line2, postal_code, city, region, country } = address;
  const lines = [name, line1, line2, [postal_code, city].filter(Boolean).join(' '), region, countryName(country)];
  return <address className="address">{lines.filter(Boolean).join('\n')}</address>;
}
