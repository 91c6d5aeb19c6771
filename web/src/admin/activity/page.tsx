/** What admins did, service by service: who, when, what, and what came of it. */
import { useQueries } from '@tanstack/react-query';
import { Link } from 'react-router';
import { ACTIVITY, type Deed } from '../../../../src/contracts/activity.ts';
import { SERVICES, type ServiceName } from '../../../../src/contracts/services.ts';
import { call } from '../../api/client.ts';
import { ButtonLink, Empty } from '../../ui/kit.tsx';
import { Badge, moment } from '../../ui/words.tsx';
import { said, useAddress } from '../list/address.ts';
import { Chip, Search, Tabs } from '../list/filters.tsx';
import { usePage } from '../list/page.ts';
import { type Column, Table } from '../list/table.tsx';
import { PageHead } from '../page-head.tsx';
import { customerOf } from '../reads.ts';
import { plainWords } from '../states.tsx';

const TABS = SERVICES.map((service, index) => ({ value: index === 0 ? '' : service, label: plainWords(service) }));

/** `orders.cancel` → "Cancel". */
const deedWords = (action: string) => plainWords(action.slice(action.indexOf('.') + 1));

const columnsOf = (names: ReadonlyMap<string, string>): readonly Column<Deed>[] => [
  { head: 'When', cell: ({ at }) => <time dateTime={at}>{moment(at)}</time>, look: 'narrow soft o3' },
  {
    head: 'Who',
    cell: ({ admin_id }) => (
      <Link to={`/customers/${admin_id}`} className="plain-link">
        {names.get(admin_id) ?? 'An admin'}
      </Link>
    ),
    look: 'clip o4',
  },
  {
    head: 'What',
    cell: ({ action, about, trace_id }) => (
      <span title={`${action}, trace ${trace_id}`}>
        <span className="strong">{deedWords(action)}</span> <code className="soft">{about}</code>
      </span>
    ),
    look: 'clip most o1',
  },
  { head: 'Sent', cell: ({ request }) => sentWords(request), look: 'clip most soft full o5' },
  { head: 'Outcome', cell: (deed) => <Outcome of={deed} />, look: 'narrow right o2' },
];

const sentWords = (request: unknown) =>
  typeof request === 'object' && request !== null && Object.keys(request).length > 0 ? JSON.stringify(request) : '';

function Outcome({ of: { status, problem } }: { of: Deed }) {
  if (status === null) return <Badge tone="wait">Not known</Badge>;
  return problem ? <Badge tone="bad">{plainWords(problem)}</Badge> : <Badge tone="good">Done</Badge>;
}

export function ActivityPage() {
  const address = useAddress();
  const service = address.oneOf<ServiceName>('service', SERVICES) ?? (SERVICES[0] as ServiceName);
  const query = said({ about: address.get('about'), admin_id: address.get('admin') });
  const page = usePage(['activity', service, query], (at, signal) =>
    call(ACTIVITY[service], { query: { ...query, ...at }, signal }),
  );
  const admins = [...new Set(page.query.data?.items.map(({ admin_id }) => admin_id))];
  const names = useQueries({
    queries: admins.map(customerOf),
    combine: (all) => new Map(all.flatMap(({ data }) => (data ? [[data.id, data.email] as const] : []))),
  });
  return (
    <div className="page">
      <PageHead title="Activity" />
      <p className="soft explain">
        Every change that an admin asked for, and every export, in each service; kept for 400 days. Secrets and people
        are masked.
      </p>
      <section className="panel list" aria-label="Activity">
        <Tabs label="Service" name="service" tabs={TABS} />
        <div className="filters">
          <Search address={address} name="about" label="Whole id of an order, product, customer…" />
          {query.admin_id && (
            <Chip onClear={() => address.set({ admin: '' })} label="admin">
              {names.get(query.admin_id) ?? 'One admin'}
            </Chip>
          )}
        </div>
        <Table
          label="Activity"
          columns={columnsOf(names)}
          page={page}
          keyOf={({ id }) => id}
          empty={
            <Empty
              icon="check"
              title={Object.keys(query).length > 0 ? 'Nothing fits' : 'No admin has changed anything'}
            >
              {Object.keys(query).length > 0 && <ButtonLink to="/activity">Show all activity</ButtonLink>}
            </Empty>
          }
        />
      </section>
    </div>
  );
}
