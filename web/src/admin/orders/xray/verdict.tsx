/** In words: where it stands, why, what happens next and when, what holds it up. */
import { Link } from 'react-router';
import type { Explanation, NextStep, Outlook, Xray } from '../../../../../src/contracts/xray.ts';
import { Icon, type IconName } from '../../../ui/icon.tsx';
import { Notice } from '../../../ui/kit.tsx';
import { clock, moment, timeOf, withMoney } from '../../../ui/words.tsx';
import { Fact, Facts, Panel } from '../../panel.tsx';

export function Verdict({ xray: { at, explanation } }: { xray: Xray }) {
  const { stands, why, next, holdups, over } = explanation;
  return (
    <section className={`panel box verdict ${toneOf(explanation)}`} aria-labelledby="stands">
      <header>
        <h2 id="stands" aria-live="polite">
          {withMoney(stands)}
        </h2>
        {holdups.every(({ what }) => what !== why) && <p className="soft">{withMoney(why)}</p>}
      </header>
      {holdups.map((holdup) => (
        <Held key={holdup.what} {...holdup} />
      ))}
      <div className="columns">
        <div>
          <h3>What happens next</h3>
          {next.length === 0 ? (
            <p className="soft">{over ? 'Nothing.' : 'That cannot be told now.'}</p>
          ) : (
            <Steps steps={next} />
          )}
        </div>
        <Summary {...explanation} />
      </div>
      <p className="soft small">
        As it was at <time dateTime={at}>{clock(at)}</time>
      </p>
    </section>
  );
}

function toneOf({ holdups, over }: Explanation) {
  if (holdups.some(({ needs }) => needs === 'person')) return 'bad';
  if (holdups.length > 0) return 'wait';
  return over ? '' : 'good';
}

function Held({ what, needs, letter }: Explanation['holdups'][number]) {
  return (
    <Notice tone={needs === 'person' ? 'bad' : 'wait'}>
      <span className="break">{withMoney(what)}</span>{' '}
      {letter && <Link to={`/dead-letters/${letter.service}/${letter.id}`}>Open it at the desk</Link>}
    </Notice>
  );
}

const ICONS: Record<NextStep['by'], IconName> = { shop: 'arrow', deadline: 'clock', person: 'user' };

function Steps({ steps }: { steps: readonly NextStep[] }) {
  return (
    <ol className="steps">
      {steps.map(({ what, when, by }) => (
        <li key={what} className="step next">
          <span className="dot">
            <Icon name={ICONS[by]} size={14} />
          </span>
          <div>
            <span className="break">{withMoney(what)}</span>
            <span className="soft small block">{whenWords(by, when)}</span>
          </div>
        </li>
      ))}
    </ol>
  );
}

function whenWords(by: NextStep['by'], when: string | null) {
  if (by === 'person') return 'By hand';
  if (when === null) return 'By itself, any moment';
  return (
    <time dateTime={when} title={moment(when)}>
      {by === 'deadline' ? 'By' : 'By itself, at'} {timeOf(when)}
    </time>
  );
}

function Summary({ goods, money, told }: Pick<Explanation, 'goods' | 'money' | 'told'>) {
  const unknown = <span className="soft">Cannot be asked right now</span>;
  return (
    <Facts>
      <Fact name="Goods">{goods ?? unknown}</Fact>
      <Fact name="Money">{money === null ? unknown : withMoney(money)}</Fact>
      <Fact name="Customer">{told ?? unknown}</Fact>
    </Facts>
  );
}

/** The safe part of it. */
export function ForTheShopper({ xray: { orders } }: { xray: Xray }) {
  if (!orders) return null;
  const { stands, why, next }: Outlook = orders.outlook;
  return (
    <Panel title="What the shopper reads">
      <div className="stack-small">
        <strong>{stands}</strong>
        <p>{withMoney(why)}</p>
        {next.map(({ what, when }) => (
          <p key={what} className="soft">
            {withMoney(what)} {when && <time dateTime={when}>({timeOf(when)})</time>}
          </p>
        ))}
      </div>
    </Panel>
  );
}
