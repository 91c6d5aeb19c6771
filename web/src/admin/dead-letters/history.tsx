/** What was tried, and what people did. */
import type { DeadLetterDetail } from '../../../../src/contracts/dead-letters.ts';
import { Icon, type IconName } from '../../ui/icon.tsx';
import { clock, date, moment, number } from '../../ui/words.tsx';
import { Panel } from '../panel.tsx';
import { Raw } from './raw.tsx';

const ACTIONS: Record<DeadLetterDetail['actions'][number]['action'], readonly [words: string, icon: IconName]> = {
  retry: ['Retried', 'arrow'],
  edit: ['Changed and retried', 'edit'],
  discard: ['Discarded', 'trash'],
  stop: ['Stopped', 'close'],
};

export function Attempts({ letter: { errors } }: { letter: DeadLetterDetail }) {
  return (
    <Panel title={errors.length > 0 ? `Attempts (${number(errors.length)})` : 'Attempts'}>
      {errors.length === 0 ? (
        <p className="none">None: no handler could have taken it.</p>
      ) : (
        <ol className="steps">
          {errors.map(({ at, error }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list only grows at its end
            <li key={index} className="step bad">
              <span className="dot">
                <Icon name="alert" size={14} />
              </span>
              <div>
                <span className="break">{error}</span>
                <time className="soft small numbers block" dateTime={at}>
                  {date(at)}, {clock(at)}
                </time>
              </div>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

export function Actions({ letter: { actions } }: { letter: DeadLetterDetail }) {
  return (
    <Panel title="What was done">
      {actions.length === 0 ? (
        <p className="none">Nothing yet.</p>
      ) : (
        <ol className="steps">
          {actions.map(({ action, actor, at, why, data_before }) => (
            <li key={at + action} className="step">
              <span className="dot">
                <Icon name={ACTIONS[action][1]} size={14} />
              </span>
              <div>
                <strong>{ACTIONS[action][0]}</strong>
                <p className="break">{why}</p>
                <span className="soft small block break">
                  {actor}, {moment(at)}
                </span>
                {data_before !== null && (
                  <details>
                    <summary>What it was before</summary>
                    <Raw label="What it was before" text={data_before} />
                  </details>
                )}
              </div>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
