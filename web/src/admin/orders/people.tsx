/** Whose order it is and where it goes. */
import { Link } from 'react-router';
import type { Order } from '../../../../src/contracts/orders.ts';
import { AddressLines } from '../../ui/address-lines.tsx';
import { duration, isErased, moment } from '../../ui/words.tsx';
import { Fact, Facts, Panel } from '../panel.tsx';
import { channelWords } from '../states.tsx';

export function CustomerPanel({ order }: { order: Order }) {
  const { customer_id, name, email, phone, shipping_address } = order;
  if (isErased(email)) {
    return (
      <Panel title="Customer">
        <p className="soft">Erased: the account was closed. The order stays in the books without its customer.</p>
      </Panel>
    );
  }
  return (
    <Panel
      title="Customer"
      actions={
        <Link to={`/orders?${new URLSearchParams(customer_id ? { customer: customer_id } : { text: email })}`}>
          All orders
        </Link>
      }
    >
      <div className="stack-small">
        <div>
          {customer_id ? (
            <Link to={`/customers/${customer_id}`} className="strong">
              {name ?? email}
            </Link>
          ) : (
            <strong>{name ?? email}</strong>
          )}
          {!customer_id && <span className="soft"> · guest</span>}
        </div>
        <div>
          <a href={`mailto:${email}`} className="break">
            {email}
          </a>
        </div>
        {phone && (
          <div>
            <a href={`tel:${phone.replace(/[^+\d]/g, '')}`}>{phone}</a>
          </div>
        )}
        <hr className="menu-rule" />
        <h3>Ships to</h3>
        {shipping_address ? <AddressLines address={shipping_address} /> : <p className="soft">No address was given.</p>}
      </div>
    </Panel>
  );
}

export function DetailsPanel({ order }: { order: Order }) {
  const { tracking, notify_by, client_reference, created_at, processing_duration_ms } = order;
  return (
    <Panel title="Details">
      <Facts>
        {tracking && (
          <Fact name="Parcel">
            {tracking.carrier && `${tracking.carrier} `}
            {tracking.url ? (
              <a href={tracking.url} target="_blank" rel="noreferrer">
                {tracking.number}
              </a>
            ) : (
              tracking.number
            )}
          </Fact>
        )}
        <Fact name="Placed">{moment(created_at)}</Fact>
        <Fact name="Checkout">answered in {duration(processing_duration_ms)}</Fact>
        {notify_by && <Fact name="Told by">{notify_by.map(channelWords).join(', ')}</Fact>}
        {client_reference && <Fact name="Reference">{client_reference}</Fact>}
      </Facts>
    </Panel>
  );
}
