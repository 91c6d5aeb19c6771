/** Ships an order, with the parcel's number if there is one: the customer's mail links to it. */
import { type FormEvent, useState } from 'react';
import { ChangeStatus, type Order } from '../../../../src/contracts/orders.ts';
import { call } from '../../api/client.ts';
import { Button, faultsOf, Input, ProblemNotice } from '../../ui/kit.tsx';
import { Dialog } from '../../ui/overlays.tsx';
import { toast } from '../../ui/toasts.tsx';
import { useChanged } from './actions.tsx';

export function ShipDialog({ order, onClose }: { order: Order; onClose: () => void }) {
  const changed = useChanged();
  const [number, setNumber] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const faults = faultsOf(error);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name)).trim();
    const [carrier, url] = [text('carrier'), text('url')];
    const tracking = number.trim() && { number: number.trim(), ...(carrier && { carrier }), ...(url && { url }) };
    setBusy(true);
    setError(undefined);
    try {
      const body = { status: 'shipped' as const, ...(tracking && { tracking }) };
      await changed(await call(ChangeStatus, { params: { id: order.id }, body }));
      toast(`#${order.number} is on its way`);
      onClose();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  const tracked = number.trim() !== '';
  return (
    <Dialog title={`Ship #${order.number}`} open onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <p>The goods leave the books and the customer is told. After this the order cannot be cancelled.</p>
        <ProblemNotice error={error} shown={Object.keys(faults)} />
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
            disabled={!tracked}
            maxLength={100}
            fault={faults['/tracking/carrier']}
          />
          <Input
            label="Tracking page"
            name="url"
            type="url"
            optional
            disabled={!tracked}
            placeholder="https://"
            fault={faults['/tracking/url']}
          />
        </div>
        <div className="row spread">
          <Button tone="quiet" onClick={onClose}>
            Not now
          </Button>
          <Button type="submit" tone="primary" busy={busy}>
            Ship
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
