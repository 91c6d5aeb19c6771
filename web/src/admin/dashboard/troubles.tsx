/** What a person should look after. */
import { Link } from 'react-router';
import { Icon } from '../../ui/icon.tsx';
import { number } from '../../ui/words.tsx';
import { Panel } from '../panel.tsx';
import { COUNTED, useTroubles } from './reads.ts';

export function TroublesCard() {
  const troubles = useTroubles();
  const shown = troubles.filter(({ count, isError }) => isError || (count ?? 0) > 0);
  const known = troubles.every(({ count, isError }) => isError || count !== undefined);
  return (
    <Panel title="To look after">
      {shown.length === 0 && (
        <p className="nothing-short soft">
          {known ? (
            <>
              <Icon name="check" size={15} /> Nothing: no failed refunds, disputes, events or messages.
            </>
          ) : (
            'Looking…'
          )}
        </p>
      )}
      {shown.length > 0 && (
        <ul className="rows numbers">
          {shown.map(({ label, to, count, isError }) => (
            <li key={to}>
              <Link to={to} className="grow plain-link">
                {label}
              </Link>
              {isError && count === undefined ? (
                <span className="wait">not known now</span>
              ) : (
                <strong className="bad">{count === COUNTED ? `${COUNTED} or more` : number(count ?? 0)}</strong>
              )}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
