/** One message that could not be handled: what is wrong with it, what was tried, and what can be done. */
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import type { DeadLetterDetail } from '../../../../src/contracts/dead-letters.ts';
import type { ServiceName } from '../../../../src/contracts/services.ts';
import { Button, Failure, Notice } from '../../ui/kit.tsx';
import { Badge, moment, number } from '../../ui/words.tsx';
import { isMissing, NoPage } from '../no-page.tsx';
import { PageHead } from '../page-head.tsx';
import { Fact, Facts, Panel } from '../panel.tsx';
import { plainWords, State } from '../states.tsx';
import { Beside } from './beside.tsx';
import { Editor } from './editor.tsx';
import { Actions, Attempts } from './history.tsx';
import { DiscardDialog, RetryDialog } from './letter-dialogs.tsx';
import { isService, useLetter } from './reads.ts';
import { RehearsalView, useRehearsal } from './rehearsal.tsx';
import { DEAD_STATES, messages, nameOf } from './words.ts';

export function DeadLetterPage() {
  const { service, id = '' } = useParams();
  return isService(service) ? <Found service={service} id={id} /> : <NoPage what="service" />;
}

function Found({ service, id }: { service: ServiceName; id: string }) {
  const { data, error, refetch } = useLetter(service, id);
  if (isMissing(error)) return <NoPage what="message" />;
  if (data) return <Letter service={service} letter={data} />;
  return (
    <div className="page">
      <PageHead title="Message" back={{ to: `/dead-letters/${service}`, label: 'Dead letters' }} />
      {error && <Failure error={error} retry={() => void refetch()} />}
    </div>
  );
}

function Letter({ service, letter }: { service: ServiceName; letter: DeadLetterDetail }) {
  const [act, setAct] = useState<'retry' | 'edit' | 'discard'>();
  const rehearsal = useRehearsal(service, letter.id);
  const close = () => setAct(undefined);
  const dead = letter.status === 'dead';
  const fits = letter.inside !== null || (letter.contract !== null && letter.faults.length === 0);
  return (
    <div className="page">
      <PageHead
        title={nameOf(letter)}
        back={{ to: `/dead-letters/${service}`, label: 'Dead letters' }}
        beside={<Status letter={letter} />}
      >
        {dead && act !== 'edit' && (
          <>
            {fits && !letter.dangerous && (
              <Button busy={rehearsal.busy} onClick={() => void rehearsal.run({})}>
                Dry run
              </Button>
            )}
            <Button onClick={() => setAct('edit')}>Edit and retry</Button>
            {fits && (
              <Button tone="primary" onClick={() => setAct('retry')}>
                Retry
              </Button>
            )}
            <Button tone="quiet" onClick={() => setAct('discard')}>
              Discard
            </Button>
          </>
        )}
      </PageHead>
      <div className="split">
        <div className="stack">
          <Notice tone={dead ? 'bad' : ''}>
            <strong className="break">{letter.cause}</strong>
            {letter.dangerous && (
              <p>A retry, changed or not, handles it alone; should the service die once more, it comes back here.</p>
            )}
          </Notice>
          {dead && act === 'edit' ? (
            <Editor service={service} letter={letter} onClose={close} />
          ) : (
            <RehearsalView rehearsal={rehearsal} />
          )}
          <Beside letter={letter} />
        </div>
        <div className="stack">
          <About service={service} letter={letter} />
          <Attempts letter={letter} />
          <Actions letter={letter} />
        </div>
      </div>
      {act === 'retry' && <RetryDialog service={service} id={letter.id} onClose={close} />}
      {act === 'discard' && <DiscardDialog service={service} id={letter.id} onClose={close} />}
    </div>
  );
}

function Status({ letter: { status, waiting } }: { letter: DeadLetterDetail }) {
  return waiting ? <Badge tone="wait">On its way again</Badge> : <State of={DEAD_STATES} is={status} />;
}

/** Their subject is the order. */
const ABOUT_ORDERS = /^(order\.|payment\.(processed|failed|refund)|product\.stock\.(deduct|restored))/;

function About({ service, letter }: { service: ServiceName; letter: DeadLetterDetail }) {
  const { id, type, subject, source, time, died_at, traceparent } = letter;
  return (
    <Panel title="Message">
      <Facts>
        <Fact name="For">{plainWords(service)}</Fact>
        <Fact name="From">{plainWords(source)}</Fact>
        <Fact name="Sent">{moment(time)}</Fact>
        <Fact name="Stuck since">{moment(died_at)}</Fact>
        {ABOUT_ORDERS.test(type) && (
          <Fact name="Order">
            <Link to={`/orders/${subject}/x-ray`}>X-ray</Link>
          </Fact>
        )}
        {letter.inside !== null && <Fact name="In it">{messages(letter.inside)}</Fact>}
        <Fact name="Size">{number(letter.size)} bytes</Fact>
        <Fact name="Id">
          <code className="break">{id}</code>
        </Fact>
        {traceparent && (
          <Fact name="Trace">
            <code className="break">{traceparent.split('-')[1]}</code>
          </Fact>
        )}
      </Facts>
    </Panel>
  );
}
