/** Ships an order, with the parcel's number if there is one: the customer's mail links to it. */
import { useState } from 'react';
import { ChangeStatus, type Order } from '../../../../src/contracts/orders.ts';
import { call } from '../../api/client.ts';
import { Input } from '../../ui/kit.tsx';
import { toast } from '../../ui/toasts.tsx';
import { FormDialog, useSending } from '../form.tsx';
import { useChanged } from './changed.ts';

export function ShipDialog({ order, onClose }: { order: Order; onClose: () => void }) {
  const changed = useChanged();
  const [number, setNumber] = useState('');
  const untracked = number.trim() === '';
  const sending = useSending(async (text) => {
    const [carrier, url] = [text('carrier'), text('url')];
    const tracking = { number: number.trim(), ...(carrier && { carrier }), ...(url && { url }) };
    const body = { status: 'shipped' as const, ...(!untracked && { tracking }) };
    await changed(await call(ChangeStatus, { params: { id: order.id }, body }));
    toast(`#${order.number} is on its way`);
    onClose();
  });
  const { faults } = sending;
  return (
    <FormDialog title={`Ship #${order.number}`} sending={sending} action="Ship" onClose={onClose}>
      <p>The goods leave the books and the customer is told. After this the order cannot be cancelled.</p>
      <Input
        label="Tracking number"
        optional
        autoFocus
        maxLength={100}
        value={number}
        fault={faults['/tracking/number']}
        onChange={({ target }) => setNumber(target.value)}
      />
      <div className="columns">
        <Input
          label="Carrier"
          name="carrier"
          optional
          hint={untracked ? 'Goes with a tracking number' : undefined}
          disabled={untracked}
          maxLength={100}
          fault={faults['/tracking/carrier']}
        />
        <Input
          label="Tracking page"
          name="url"
          type="url"
          optional
          hint={untracked ? 'Goes with a tracking number' : undefined}
          disabled={untracked}
          placeholder="https://"
          fault={faults['/tracking/url']}
        />
      </div>
    </FormDialog>
  );
}
