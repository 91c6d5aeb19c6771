/** An order, and what is behind it. */
import { SubNav } from '../list/sub-nav.tsx';

export function OrderNav({ id }: { id: string }) {
  const places = [
    { to: `/orders/${id}`, label: 'Order' },
    { to: `/orders/${id}/x-ray`, label: 'X-ray' },
  ];
  return <SubNav label="This order" places={places} />;
}
