/** What the order moved in the stock. */
import { Link } from 'react-router';
import type { Xray } from '../../../../../src/contracts/xray.ts';
import { clock, moment } from '../../../ui/words.tsx';
import { Panel } from '../../panel.tsx';
import { MOVEMENTS, signed } from '../../stock/movement-words.ts';
import { AwayPart } from './conversation.tsx';

export function Ledger({ xray }: { xray: Xray }) {
  const { inventory, orders } = xray;
  if (!inventory) return <AwayPart title="Stock ledger" room="inventory" xray={xray} />;
  const names = new Map(orders?.order.items.map(({ product_id, name }) => [product_id, name]));
  const { movements } = inventory;
  return (
    <Panel
      title="Stock ledger"
      actions={movements[0] && <Link to={`/stock/ledger?order=${movements[0].order_id}`}>Ledger</Link>}
    >
      {movements.length === 0 ? (
        <p className="none">No stock has moved for this order.</p>
      ) : (
        <ul className="rows">
          {movements.map(({ id, product_id, kind, on_hand_delta, reserved_delta, at }) => (
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
      )}
    </Panel>
  );
}
