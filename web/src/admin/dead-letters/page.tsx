/** What no service could handle, by service and cause: looked at, sent on its way again, or put aside. */
import { useState } from 'react';
import { Link } from 'react-router';
import type { Causes } from '../../../../src/contracts/dead-letters.ts';
import { SERVICES, type ServiceName } from '../../../../src/contracts/services.ts';
import { Button, Empty, Notice, Skeleton } from '../../ui/kit.tsx';
import { Badge, number, Time } from '../../ui/words.tsx';
import { PageHead } from '../page-head.tsx';
import { Away, Panel } from '../panel.tsx';
import { plainWords } from '../states.tsx';
import { DiscardGroup, RetryGroup, StopRetries } from './group-dialogs.tsx';
import { type Group, useAllCauses } from './reads.ts';
import { messages } from './words.ts';

interface Opened {
  service: ServiceName;
  group: Group;
  act: 'retry' | 'discard';
}
type Opening = Opened | { service: ServiceName; act: 'stop' };

export function DeadLettersPage() {
  const desks = useAllCauses();
  const [opened, setOpened] = useState<Opening>();
  const close = () => setOpened(undefined);
  const all = SERVICES.map((service, index) => ({ service, desk: desks[index] as (typeof desks)[number] }));
  const unknown = all.filter(({ desk }) => desk.data === undefined);
  const away = unknown.filter(({ desk }) => desk.error);
  const busy = all.filter(({ desk }) => desk.data && !isIdle(desk.data));
  return (
    <div className="page">
      <PageHead title="Dead letters" />
      <p className="soft explain">
        Messages between the services that could not be handled, by their cause. None is lost: mend what is wrong, then{' '}
        <strong>retry</strong> them; each takes effect once. What is put aside can still be read for 90 days.
      </p>
      {away.map(({ service, desk }) => (
        <Panel key={service} title={plainWords(service)}>
          <Away error={desk.error} retry={() => void desk.refetch()} />
        </Panel>
      ))}
      {busy.map(({ service, desk: { data } }) => (
        <Panel
          key={service}
          title={plainWords(service)}
          actions={<Link to={`/dead-letters/${service}`}>All messages</Link>}
        >
          <Desk service={service} causes={data as Causes} open={setOpened} />
        </Panel>
      ))}
      {unknown.length > away.length && (
        <div className="lines" role="status" aria-label="Loading">
          <Skeleton width="60%" />
          <Skeleton width="40%" />
        </div>
      )}
      {unknown.length === 0 && busy.length === 0 && (
        <section className="panel">
          <Empty icon="check" title="Nothing is stuck">
            <p>Every message between the services was handled.</p>
          </Empty>
        </section>
      )}
      <Finished />
      {opened?.act === 'retry' && <RetryGroup {...opened} onClose={close} />}
      {opened?.act === 'discard' && <DiscardGroup {...opened} onClose={close} />}
      {opened?.act === 'stop' && <StopRetries service={opened.service} onClose={close} />}
    </div>
  );
}

const isIdle = ({ groups, waiting, unsent }: Causes) => groups.length === 0 && waiting === 0 && unsent.count === 0;

interface DeskProps {
  service: ServiceName;
  causes: Causes;
  open: (what: Opening) => void;
}

function Desk({ service, causes: { groups, more_groups, waiting, unsent }, open }: DeskProps) {
  return (
    <>
      {waiting > 0 && (
        <Notice tone="wait">
          <span className="row spread">
            {messages(waiting)} on {waiting === 1 ? 'its' : 'their'} way again.
            <Button look="small" onClick={() => open({ service, act: 'stop' })}>
              Stop
            </Button>
          </span>
        </Notice>
      )}
      {unsent.count > 0 && (
        <Notice tone="wait">
          {unsent.count === 1
            ? 'One event of this service cannot be sent just now, and is tried again by itself'
            : `${number(unsent.count)} events of this service cannot be sent just now, and are tried again by themselves`}
          {unsent.error && `: ${unsent.error}`}.
        </Notice>
      )}
      <ul className="rows">
        {groups.map((group) => (
          <li key={group.group} data-row="">
            <span className="words">
              <Link to={`/dead-letters/${service}?group=${group.group}`} className="cause break">
                {group.cause}
              </Link>
              <span className="soft small block">
                <code>{group.type}</code> · last <Time at={group.last} />
              </span>
            </span>
            <Badge tone="bad">{number(group.count)}</Badge>
            <span className="row nowrap">
              <Button
                look="small"
                aria-label={`Retry: ${group.cause}`}
                onClick={() => open({ service, group, act: 'retry' })}
              >
                Retry
              </Button>
              <Button
                look="small"
                tone="quiet"
                aria-label={`Discard: ${group.cause}`}
                onClick={() => open({ service, group, act: 'discard' })}
              >
                Discard
              </Button>
            </span>
          </li>
        ))}
      </ul>
      {more_groups > 0 && (
        <p className="soft">
          And {number(more_groups)} more {more_groups === 1 ? 'cause' : 'causes'}, of fewer messages.
        </p>
      )}
    </>
  );
}

function Finished() {
  return (
    <p className="soft small">
      Dealt with already:{' '}
      {SERVICES.map((service, index) => (
        <span key={service}>
          {index > 0 && ' · '}
          <Link to={`/dead-letters/${service}?status=retried`}>{plainWords(service)}</Link>
        </span>
      ))}
    </p>
  );
}
