/** Whether the books of the shop are in order: what must hold, when that was looked at, and what breaks it. */
import { Link } from 'react-router';
import { AUDITED, type AuditReport, type AuditSubject } from '../../../../src/contracts/audit.ts';
import { Icon } from '../../ui/icon.tsx';
import { Button, Notice, ProblemNotice } from '../../ui/kit.tsx';
import { Badge, number, Time } from '../../ui/words.tsx';
import { PageHead } from '../page-head.tsx';
import { Loaded, Panel } from '../panel.tsx';
import { brokenIn, isLooking, useLookAtEverything, useReports } from './reads.ts';

export function BooksPage() {
  const reports = useReports();
  const everything = useLookAtEverything();
  const known = reports.flatMap(({ data }) => data ?? []);
  const looking = known.some(isLooking);
  return (
    <div className="page">
      <PageHead title="Books">
        <Button busy={everything.isPending || looking} onClick={() => everything.mutate()}>
          Look at everything
        </Button>
      </PageHead>
      <p className="soft explain">
        What must hold of stock, orders, payments and notifications, within each and between them. What has changed is
        looked at once a minute, everything once a day.
      </p>
      <ProblemNotice error={everything.error} />
      <Summary reports={known} all={known.length === AUDITED.length} looking={looking} />
      {AUDITED.map((room, index) => (
        <Panel key={room} title={`Books of ${room}`}>
          <Loaded query={reports[index] as (typeof reports)[number]}>{(report) => <Room report={report} />}</Loaded>
        </Panel>
      ))}
    </div>
  );
}

/** In one sentence, read aloud when it changes. */
function Summary({ reports, all, looking }: { reports: AuditReport[]; all: boolean; looking: boolean }) {
  const checks = reports.flatMap((report) => report.checks);
  const broken = reports.reduce((sum, report) => sum + brokenIn(report), 0);
  const unknown = !all || checks.some(({ looked_until, problem }) => !looked_until || problem);
  if (looking) return <Notice tone="">Everything is being looked at…</Notice>;
  if (broken > 0) {
    return (
      <Notice tone="bad">
        {number(broken)} {broken === 1 ? 'thing is' : 'things are'} not in order. npm run reconcile shows what can be
        mended, and mends it by new entries.
      </Notice>
    );
  }
  if (unknown) return <Notice tone="wait">Nothing wrong was found, but not everything could be looked at.</Notice>;
  const whole = checks.flatMap(({ whole_at }) => whole_at ?? []).sort()[0];
  return (
    <Notice tone="good">
      All books are in order.{' '}
      {whole && (
        <>
          The last look at everything was <Time at={whole} />.
        </>
      )}
    </Notice>
  );
}

function Room({ report: { checks, findings } }: { report: AuditReport }) {
  return (
    <ul className="rows">
      {checks.map(({ rule, about, looked_until, problem, broken }) => (
        <li key={rule} data-row="">
          <span className="words">
            <span className="row nowrap">
              <Icon name={broken > 0 || problem ? 'alert' : 'check'} size={16} />
              <strong>{sentence(rule)}</strong>
              {broken > 0 && <Badge tone="bad">{number(broken)}</Badge>}
            </span>
            {problem && <span className="small block break">Could not be looked at: {problem}</span>}
            <Broken about={about} findings={findings.filter((one) => one.rule === rule)} broken={broken} />
            <span className="soft small block">
              {looked_until ? (
                <>
                  Looked at <Time at={looked_until} />
                </>
              ) : (
                'Not looked at yet'
              )}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}

interface BrokenProps {
  about: AuditSubject;
  findings: AuditReport['findings'];
  broken: number;
}

function Broken({ about, findings, broken }: BrokenProps) {
  if (broken === 0) return null;
  return (
    <ul className="small stack-small">
      {findings.map(({ subject, detail, found_at }) => (
        <li key={subject} className="break">
          <Subject about={about} id={subject} />: {detail}{' '}
          <span className="soft">
            (found <Time at={found_at} />)
          </span>
        </li>
      ))}
      {broken > findings.length && <li className="soft">and {number(broken - findings.length)} more</li>}
    </ul>
  );
}

function Subject({ about, id }: { about: AuditSubject; id: string }) {
  const place = PLACES[about]?.(encodeURIComponent(id));
  return place ? <Link to={place}>{id}</Link> : id;
}

/** An order's X-ray is there even when the order was deleted. A reservation has no page. */
const PLACES: Partial<Record<AuditSubject, (id: string) => string>> = {
  order: (id) => `/orders/${id}/x-ray`,
  product: (id) => `/products/${id}`,
  notification: (id) => `/notifications?open=${id}`,
  event: () => '/payments/events?status=waiting',
};

const sentence = (rule: string) => rule.charAt(0).toUpperCase() + rule.slice(1);
