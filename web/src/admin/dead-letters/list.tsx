/** The messages of one service that could not be handled, and those that were dealt with. */
import { useState } from 'react';
import { useParams } from 'react-router';
import { DESKS, type DeadLetter, DeadStatus } from '../../../../src/contracts/dead-letters.ts';
import type { ServiceName } from '../../../../src/contracts/services.ts';
import { call } from '../../api/client.ts';
import { Button, ButtonLink, Empty } from '../../ui/kit.tsx';
import { number, Time } from '../../ui/words.tsx';
import { useAddress } from '../list/address.ts';
import { Chip, Tabs } from '../list/filters.tsx';
import { usePage } from '../list/page.ts';
import { type Column, RowLink, Table } from '../list/table.tsx';
import { NoPage } from '../no-page.tsx';
import { PageHead } from '../page-head.tsx';
import { optionsOf, plainWords, State } from '../states.tsx';
import { DiscardGroup, RetryGroup } from './group-dialogs.tsx';
import { isService, useCauses } from './reads.ts';
import { DEAD_STATES, nameOf } from './words.ts';

const REFRESH_MS = 10_000;
const GROUP = /^[0-9a-f]{32}$/;

const columnsOf = (service: ServiceName): readonly Column<DeadLetter>[] => [
  {
    head: 'Message',
    cell: (letter) => <RowLink to={`/dead-letters/${service}/${letter.id}`}>{nameOf(letter)}</RowLink>,
    look: 'clip o1',
  },
  { head: 'State', cell: ({ status }) => <State of={DEAD_STATES} is={status} />, look: 'narrow right o2' },
  { head: 'Cause', cell: ({ cause }) => cause, look: 'clip most soft o3' },
  { head: 'Attempts', cell: ({ attempts }) => number(attempts), look: 'end narrow wide' },
  { head: 'Stuck', cell: ({ died_at }) => <Time at={died_at} />, look: 'narrow soft right o4' },
];

export function DeadLettersOfPage() {
  const { service } = useParams();
  return isService(service) ? <Letters service={service} /> : <NoPage what="service" />;
}

function Letters({ service }: { service: ServiceName }) {
  const address = useAddress();
  const status = address.oneOf('status', DeadStatus.enum);
  const asked = address.get('group');
  const query = { ...(status && { status }), ...(GROUP.test(asked) && { group: asked }) };
  const page = usePage(
    ['dead-letters', service, 'list', query],
    (at, signal) => call(DESKS[service].list, { query: { ...query, ...at }, signal }),
    REFRESH_MS,
  );
  const causes = useCauses(service);
  const group = causes.data?.groups.find((one) => one.group === asked);
  const [act, setAct] = useState<'retry' | 'discard'>();
  const opened = group && { service, group, onClose: () => setAct(undefined) };
  const name = plainWords(service);
  const filtered = address.params.size > 0;
  return (
    <div className="page">
      <PageHead title={`Dead letters of ${name}`} back={{ to: '/dead-letters', label: 'Dead letters' }}>
        {group && (
          <>
            <Button tone="primary" onClick={() => setAct('retry')}>
              Retry all {number(group.count)}
            </Button>
            <Button onClick={() => setAct('discard')}>Discard all</Button>
          </>
        )}
      </PageHead>
      <section className="panel list" aria-label="Messages">
        <Tabs label="State" name="status" tabs={optionsOf(DEAD_STATES, 'All')} />
        {asked && (
          <div className="filters">
            <Chip onClear={() => address.set({ group: '' })} label="cause">
              <span className="chip-words">{group?.cause ?? 'One cause'}</span>
            </Chip>
          </div>
        )}
        <Table
          label="Messages"
          columns={columnsOf(service)}
          page={page}
          keyOf={({ id }) => id}
          empty={
            <Empty icon="check" title={filtered ? 'No message fits' : 'Nothing is stuck'}>
              {filtered ? (
                <ButtonLink to={`/dead-letters/${service}`}>Show all messages</ButtonLink>
              ) : (
                <p>{name} has handled every message it was sent.</p>
              )}
            </Empty>
          }
        />
      </section>
      {opened && act === 'retry' && <RetryGroup {...opened} />}
      {opened && act === 'discard' && <DiscardGroup {...opened} />}
    </div>
  );
}
