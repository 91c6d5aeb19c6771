/** What a person may make of an order now: only steps of its lifecycle, each told what it means. */
import { Menu } from '@base-ui/react/menu';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { DeleteOrder, type Order, type OrderStatus } from '../../../../src/contracts/orders.ts';
import { call } from '../../api/client.ts';
import { Icon } from '../../ui/icon.tsx';
import { Button, Input } from '../../ui/kit.tsx';
import { Confirm } from '../../ui/overlays.tsx';
import { toast } from '../../ui/toasts.tsx';
import { MenuBox } from '../menu-box.tsx';
import { changeOrder } from './bulk.ts';
import { useChanged } from './changed.ts';
import { orderKey } from './reads.ts';
import { ShipDialog } from './ship-dialog.tsx';

const FINISHED: readonly OrderStatus[] = ['delivered', 'failed', 'cancelled'];
type Asked = 'ship' | 'deliver' | 'cancel' | 'delete';

export function OrderActions({ order }: { order: Order }) {
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  const may = (to: OrderStatus) => order.next_statuses.includes(to);
  return (
    <>
      {may('cancelled') && <Button onClick={() => setAsked('cancel')}>Cancel order</Button>}
      {may('delivered') && (
        <Button tone="primary" onClick={() => setAsked('deliver')}>
          <Icon name="home" size={16} />
          Mark as delivered
        </Button>
      )}
      {may('shipped') && (
        <Button tone="primary" onClick={() => setAsked('ship')}>
          <Icon name="truck" size={16} />
          Ship
        </Button>
      )}
      <More order={order} onDelete={() => setAsked('delete')} />
      {asked === 'ship' && <ShipDialog order={order} onClose={close} />}
      {asked === 'deliver' && <Deliver order={order} onClose={close} />}
      {asked === 'cancel' && <Cancel order={order} onClose={close} />}
      {asked === 'delete' && <Delete order={order} onClose={close} />}
    </>
  );
}

function More({ order, onDelete }: { order: Order; onDelete: () => void }) {
  const finished = FINISHED.includes(order.status);
  return (
    <Menu.Root>
      <Menu.Trigger className="button plain icon" aria-label="More actions">
        <Icon name="dots" size={18} />
      </Menu.Trigger>
      <MenuBox label="More actions">
        <Menu.Item
          className="menu-item"
          onClick={() => void navigator.clipboard?.writeText(order.id).then(() => toast('Copied'))}
        >
          Copy the order’s id
        </Menu.Item>
        <Menu.Item className="menu-item bad" disabled={!finished} onClick={onDelete}>
          {finished ? 'Delete…' : 'Delete (once it has ended)'}
        </Menu.Item>
      </MenuBox>
    </Menu.Root>
  );
}

interface AskedProps {
  order: Order;
  onClose: () => void;
}

function Deliver({ order, onClose }: AskedProps) {
  const changed = useChanged();
  return (
    <Confirm
      title={`Mark #${order.number} as delivered`}
      action="Mark as delivered"
      tone="primary"
      open
      onClose={onClose}
      onConfirm={async () => {
        await changed(await changeOrder(order, 'delivered', ''));
        toast(`#${order.number} is delivered`);
      }}
    >
      <p>The order ends here, and the customer is told that it has arrived.</p>
    </Confirm>
  );
}

function Cancel({ order, onClose }: AskedProps) {
  const changed = useChanged();
  const [reason, setReason] = useState('');
  return (
    <Confirm
      title={`Cancel #${order.number}`}
      action="Cancel the order"
      open
      onClose={onClose}
      onConfirm={async () => {
        await changed(await changeOrder(order, 'cancelled', reason.trim()));
        toast(`#${order.number} is cancelled; stock and money go back`);
      }}
    >
      <p>What it holds can be sold again, what was paid goes back, and the customer is told. This cannot be undone.</p>
      <Input
        label="Why"
        hint="The customer reads it"
        optional
        maxLength={500}
        value={reason}
        onChange={({ target }) => setReason(target.value)}
      />
    </Confirm>
  );
}

function Delete({ order, onClose }: AskedProps) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  return (
    <Confirm
      title={`Delete #${order.number}`}
      action="Delete for good"
      open
      onClose={onClose}
      onConfirm={async () => {
        await call(DeleteOrder, { params: { id: order.id } });
        toast(`#${order.number} is deleted`);
        await navigate('/orders');
        queries.removeQueries({ queryKey: orderKey(order.id) });
        await queries.invalidateQueries({ queryKey: ['orders', 'list'] });
      }}
    >
      <p>
        It leaves every list and page, also its customer’s. The books stay: stock movements, payment and history. There
        is no way back.
      </p>
    </Confirm>
  );
}
