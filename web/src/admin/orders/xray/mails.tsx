/** What the customer was told, and what came of each try. */
import type { Xray } from '../../../../../src/contracts/xray.ts';
import { Icon } from '../../../ui/icon.tsx';
import { clock, moment } from '../../../ui/words.tsx';
import { Panel } from '../../panel.tsx';
import { channelWords, NOTIFICATION_STATES, State } from '../../states.tsx';
import { Tries } from './charge.tsx';
import { AwayPart } from './conversation.tsx';

export function Mails({ xray }: { xray: Xray }) {
  const { notifications } = xray;
  if (!notifications) return <AwayPart title="Mails and SMS" room="notifications" xray={xray} />;
  return (
    <Panel title="Mails and SMS">
      {notifications.length === 0 ? (
        <p className="none">Nothing has been told yet.</p>
      ) : (
        <ul className="rows">
          {notifications.map(({ id, subject, kind, channel, recipient, status, created_at, sent_at, ...tried }) => (
            <li key={id}>
              <Icon name={channel === 'sms' ? 'bell' : 'mail'} size={16} />
              <span className="words">
                {subject || kind}
                <span className="soft small block">
                  {channelWords(channel)} to {recipient ?? 'nobody any more'}
                </span>
                <span className="small block">
                  <Tries
                    attempts={tried.attempts ?? 0}
                    last_error={tried.last_error ?? null}
                    next_attempt_at={tried.next_attempt_at ?? null}
                  />
                </span>
              </span>
              <State of={NOTIFICATION_STATES} is={status} />
              <time
                className="soft small numbers"
                dateTime={sent_at ?? created_at}
                title={moment(sent_at ?? created_at)}
              >
                {clock(sent_at ?? created_at)}
              </time>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
