/** One notification with its words, as its reader saw them; and sending it once more, perhaps to a corrected address. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { GetNotification, Resend } from '../../../../src/contracts/notifications.ts';
import type { ReplyOf } from '../../../../src/platform/contract.ts';
import { call } from '../../api/client.ts';
import { Button, Input } from '../../ui/kit.tsx';
import { Dialog } from '../../ui/overlays.tsx';
import { toast } from '../../ui/toasts.tsx';
import { moment, number } from '../../ui/words.tsx';
import { Refusal, useSending } from '../form.tsx';
import { orderKey } from '../orders/reads.ts';
import { Fact, Facts, Loaded } from '../panel.tsx';
import { channelWords, NOTIFICATION_STATES, plainWords, State } from '../states.tsx';

type Message = ReplyOf<typeof GetNotification>;

export function MessageDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const message = useQuery({
    queryKey: ['notifications', id],
    queryFn: ({ signal }) => call(GetNotification, { params: { id }, signal }),
  });
  return (
    <Dialog title={message.data?.subject ?? 'Notification'} open onClose={onClose} look="dialog wide">
      <Loaded query={message} lines={10}>
        {(data) => (
          <>
            <About message={data} />
            <Words message={data} />
            <ResendForm message={data} onClose={onClose} />
          </>
        )}
      </Loaded>
    </Dialog>
  );
}

function About({ message }: { message: Message }) {
  const { kind, channel, recipient, status, attempts = 0, last_error, created_at, sent_at, order_id } = message;
  return (
    <Facts>
      <Fact name="State">
        <State of={NOTIFICATION_STATES} is={status} />{' '}
        <span className="soft">
          {plainWords(kind)}, {channelWords(channel)}, {number(attempts)} {attempts === 1 ? 'attempt' : 'attempts'}
        </span>
      </Fact>
      <Fact name="To">{recipient ?? <span className="soft">nobody any more</span>}</Fact>
      <Fact name={sent_at ? 'Sent' : 'Written'}>{moment(sent_at ?? created_at)}</Fact>
      {last_error && (
        <Fact name="Trouble">
          <span className="bad break">{last_error}</span>
        </Fact>
      )}
      {order_id && (
        <Fact name="About">
          <Link to={`/orders/${order_id}`}>the order</Link>
        </Fact>
      )}
    </Facts>
  );
}

function Words({ message: { html, text, subject } }: { message: Message }) {
  const [plain, setPlain] = useState(false);
  if (html === null && text === null)
    return <p className="soft">Its words are not kept: they held a secret, or were erased.</p>;
  const asHtml = html !== null && !plain;
  return (
    <div className="message">
      {html !== null && text !== null && (
        <fieldset className="segments" aria-label="Show as">
          <button type="button" aria-pressed={!plain} onClick={() => setPlain(false)}>
            Mail
          </button>
          <button type="button" aria-pressed={plain} onClick={() => setPlain(true)}>
            Text
          </button>
        </fieldset>
      )}
      {asHtml ? (
        <iframe title={subject} sandbox="" srcDoc={withoutStyles(html)} />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        <pre tabIndex={0}>{text}</pre>
      )}
    </div>
  );
}

function ResendForm({ message, onClose }: { message: Message; onClose: () => void }) {
  const { id, order_id, recipient } = message;
  const queries = useQueryClient();
  const sending = useSending(async (text) => {
    const corrected = text('recipient') !== (recipient ?? '') ? { recipient: text('recipient') } : {};
    try {
      await call(Resend, { params: { id }, body: corrected });
    } finally {
      void queries.invalidateQueries({ queryKey: ['notifications'] });
      if (order_id) void queries.invalidateQueries({ queryKey: orderKey(order_id) });
    }
    toast('It is sent once more');
    onClose();
  });
  return (
    <form className="form" onSubmit={sending.submit}>
      <Refusal sending={sending} />
      <div className="resend">
        <Input
          label="Send once more to"
          name="recipient"
          defaultValue={recipient ?? ''}
          maxLength={254}
          fault={sending.faults['/recipient']}
        />
        <Button type="submit" busy={sending.busy}>
          Send again
        </Button>
        <Button tone="quiet" onClick={onClose}>
          Close
        </Button>
      </div>
    </form>
  );
}

/** The admin's policy, which its frames inherit, allows no style elements: a mail shows by its style attributes. */
const withoutStyles = (html: string) => html.replace(/<style[\s\S]*?<\/style>/gi, '');
