/** Every message between the rooms about the order: from whom, to whom, where it is, its tries and their errors. */
import { Link } from 'react-router';
import type { LineState, Xray } from '../../../../../src/contracts/xray.ts';
import { clock, moment, number, timeOf } from '../../../ui/words.tsx';
import { Panel } from '../../panel.tsx';
import { plainWords, State } from '../../states.tsx';

const STATES: Record<LineState, readonly [words: string, tone: 'good' | 'wait' | 'bad' | 'plain']> = {
  heard: ['Heard', 'good'],
  to_be_sent: ['To be sent', 'wait'],
  on_its_way: ['On its way', 'wait'],
  to_be_handled: ['To be handled', 'wait'],
  failing: ['Failing', 'bad'],
  dead: ['Stuck', 'bad'],
  discarded: ['Put aside', 'plain'],
  missing: ['Missing', 'bad'],
  unknown: ['Not known', 'plain'],
};
type Line = Xray['conversation'][number];

export function Conversation({ xray: { conversation } }: { xray: Xray }) {
  return (
    <section className="panel list" aria-labelledby="messages">
      <header className="box-head list-head">
        <h2 id="messages">Messages between the services</h2>
      </header>
      {conversation.length === 0 ? (
        <p className="none list-head">None is known right now.</p>
      ) : (
        <table className="table" aria-labelledby="messages">
          <thead>
            <tr>
              <th scope="col">Message</th>
              <th scope="col" className="narrow">
                State
              </th>
              <th scope="col" className="end narrow">
                Failed
              </th>
              <th scope="col" className="narrow">
                Said
              </th>
            </tr>
          </thead>
          <tbody>
            {conversation.map((line, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two lines may say the same
              <Row key={`${line.type} ${line.to} ${line.said_at} ${index}`} line={line} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Row({ line }: { line: Line }) {
  const { type, from, to, said_at, state, attempts, letter } = line;
  return (
    <tr>
      <td className="o1 full">
        <code className="break">{type}</code>
        <span className="soft small block">
          {plainWords(from)} → {plainWords(to)}
        </span>
        <Errors line={line} />
      </td>
      <td className="narrow o3">
        <State of={STATES} is={state} />
        {letter && (
          <Link className="small block" to={`/dead-letters/${to}/${letter}`}>
            At the desk
          </Link>
        )}
      </td>
      <td className={`end narrow numbers o5 left-on-phone ${attempts === 0 ? 'hide' : ''}`}>
        {attempts > 0 ? number(attempts) : <span className="soft">–</span>}
        {attempts > 0 && <span className="phone-only"> failed</span>}
      </td>
      <td className="narrow soft numbers o4 right">
        {said_at && (
          <time dateTime={said_at} title={moment(said_at)}>
            {clock(said_at)}
          </time>
        )}
      </td>
    </tr>
  );
}

function Errors({ line: { errors, next_attempt_at } }: { line: Line }) {
  const last = errors.at(-1);
  return (
    <>
      {next_attempt_at && (
        <span className="small block">
          Next attempt at <time dateTime={next_attempt_at}>{timeOf(next_attempt_at)}</time>
        </span>
      )}
      {last && errors.length === 1 && <span className="bad small block break">{last.error}</span>}
      {last && errors.length > 1 && (
        <details className="tries small">
          <summary className="break">
            <span className="bad">{last.error}</span>
          </summary>
          <ol>
            {errors.map(({ at, error }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the list only grows at its end
              <li key={index}>
                {at && (
                  <time className="soft numbers" dateTime={at}>
                    {clock(at)}
                  </time>
                )}{' '}
                <span className="break">{error}</span>
              </li>
            ))}
          </ol>
        </details>
      )}
    </>
  );
}

/** Of a part that cannot be shown: its room is away. */
export function AwayPart({ title, room, xray }: { title: string; room: string; xray: Xray }) {
  const detail = xray.away.find(({ service }) => service === room)?.detail;
  return (
    <Panel title={title}>
      <div className="away" role="status">
        <p>
          <strong>{plainWords(room)} cannot be asked right now.</strong> {detail && `${plainWords(detail)}. `}
          This page asks again by itself.
        </p>
      </div>
    </Panel>
  );
}
