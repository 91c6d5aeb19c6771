/** An address as a form: its fields, their order, the countries' names in the reader's language. */
import type { SavedAddress } from '../../../src/contracts/customers.ts';
import { Input, Select } from '../ui/kit.tsx';
import { LANGUAGE } from '../ui/words.tsx';

export type AddressParts = SavedAddress['address'];

/** ISO 3166-1 alpha-2, and Kosovo, which mails are sent to as well. */
const CODES =
  'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW';

export const NO_ADDRESS: AddressParts = { line1: '', city: '', country: guessCountry() };

let names: { code: string; name: string }[] | undefined;
export function countries(): { code: string; name: string }[] {
  const words = new Intl.DisplayNames(LANGUAGE, { type: 'region' });
  names ??= CODES.split(' ')
    .map((code) => ({ code, name: words.of(code) ?? code }))
    .sort((a, b) => a.name.localeCompare(b.name, LANGUAGE));
  return names;
}

function guessCountry(): string {
  const code = /-([A-Z]{2})$/.exec(LANGUAGE)?.[1] ?? '';
  return CODES.split(' ').includes(code) ? code : 'US';
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
