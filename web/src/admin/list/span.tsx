/** A span of time in the address: `within=24h`, or days from and to, as the reader's own calendar has them. */
import { Popover } from '@base-ui/react/popover';
import { Icon } from '../../ui/icon.tsx';
import { Input } from '../../ui/kit.tsx';
import { date } from '../../ui/words.tsx';
import type { Address } from './address.ts';

const HOUR = 3_600_000;
const SPANS: Record<string, { label: string; ms: number }> = {
  '1h': { label: 'Last hour', ms: HOUR },
  '24h': { label: 'Last 24 hours', ms: 24 * HOUR },
  '7d': { label: 'Last 7 days', ms: 7 * 24 * HOUR },
  '30d': { label: 'Last 30 days', ms: 30 * 24 * HOUR },
  '365d': { label: 'Last year', ms: 365 * 24 * HOUR },
};
const DAY = /^\d{4}-\d\d-\d\d$/;

/** Midnight here; the day after the last one ends it. */
function dayStart(day: string, plusDays = 0): string | undefined {
  if (!DAY.test(day)) return undefined;
  const at = new Date(`${day}T00:00:00`);
  at.setDate(at.getDate() + plusDays);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

export interface Span {
  from?: string;
  to?: string;
}

/** As a query of this moment. */
export function spanOf({ get }: Address): Span {
  const within = SPANS[get('within')];
  if (within) return { from: new Date(Date.now() - within.ms).toISOString() };
  const from = dayStart(get('from'));
  const to = dayStart(get('to'), 1);
  return { ...(from && { from }), ...(to && { to }) };
}

function wordsFor({ get }: Address): string | undefined {
  const within = SPANS[get('within')];
  if (within) return within.label;
  const [from, to] = [get('from'), get('to')].map((day) => (DAY.test(day) ? date(`${day}T12:00:00`) : undefined));
  if (from && to) return `${from} – ${to}`;
  return from ? `Since ${from}` : to && `Until ${to}`;
}

export function SpanFilter({ address }: { address: Address }) {
  const words = wordsFor(address);
  return (
    <Popover.Root>
      <Popover.Trigger className="button plain" data-set={words !== undefined}>
        <Icon name="clock" size={15} />
        {words ?? 'Any time'}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner className="positioner" align="start" sideOffset={6}>
          <Popover.Popup className="menu span-menu" aria-label="Time">
            {Object.entries(SPANS).map(([value, { label }]) => (
              <Popover.Close
                key={value}
                className="menu-item"
                onClick={() => address.set({ within: value, from: '', to: '' })}
              >
                {label}
                {address.get('within') === value && <Icon name="check" size={15} />}
              </Popover.Close>
            ))}
            <Popover.Close className="menu-item" onClick={() => address.set({ within: '', from: '', to: '' })}>
              Any time
            </Popover.Close>
            <hr className="menu-rule" />
            <div className="span-days">
              {(['from', 'to'] as const).map((name) => (
                <Input
                  key={name}
                  label={name === 'from' ? 'From' : 'To'}
                  type="date"
                  value={address.get(name)}
                  // A day is typed in parts: going back leaves the list as it was before any of them.
                  onChange={({ target }) => address.set({ [name]: target.value, within: '' }, { replace: true })}
                />
              ))}
            </div>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
