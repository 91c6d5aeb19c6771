/** What the order did to the stock. */
import { Link } from 'react-router';
import type { Order } from '../../../../src/contracts/orders.ts';
import { clock, moment } from '../../ui/words.tsx';
import { Loaded, Panel } from '../panel.tsx';
import { MOVEMENTS, signed } from '../stock/movement-words.ts';
import { useMovementsOf } from './reads.ts';

export function Movements({ order }: { order: Order }) {
  const movements = useMovementsOf(order);
  const names = new Map(order.items.map(({ product_id, name }) => [product_id, name]));
  return (
    <Panel title="Stock" actions={<Link to={`/stock/ledger?order=${order.id}`}>Ledger</Link>}>
      <Loaded query={movements} lines={2}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="none">No stock has moved for this order.</p>
          ) : (
            <ul className="rows">
              {items.map(({ id, product_id, kind, on_hand_delta, reserved_delta, at }) => (
                <li key={id}>
                  <span className="words">
                    {MOVEMENTS[kind]}: {names.get(product_id) ?? product_id}
                  </span>
                  <span className="soft numbers small">
                    {on_hand_delta !== 0 && `on hand ${signed(on_hand_delta)} `}
                    {reserved_delta !== 0 && `reserved ${signed(reserved_delta)}`}
                  </span>
                  <time className="soft numbers small" dateTime={at} title={moment(at)}>
                    {clock(at)}
                  </time>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}
