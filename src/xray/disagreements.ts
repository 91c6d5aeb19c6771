/** In what the books of the rooms do not agree on an order, as the auditor judges it: `faultsOf`, of the facts of an X-ray. Pure. */
import type { Fault, Goods } from '../audit/order.ts';
import { ACROSS, faultsOf } from '../audit/order.ts';
import type { PaymentDetail } from '../contracts/payments.ts';
import type { Facts } from './facts.ts';
import { amountWords, minor, sumOf } from './sentences.ts';

/** When nothing is on its way any more, the books of all rooms must agree. Each begins after "it …". */
export const disagreementsIn = (facts: Facts): string[] => faultsIn(facts).map(({ detail }) => detail);

function faultsIn(facts: Facts): Fault[] {
  const { orders, payments, notifications } = facts;
  if (!orders) return [];
  const { id, status, currency, total_amount, refunded_amount } = orders.order;
  return faultsOf(
    {
      ...{ id, status, total_amount: minor(total_amount, currency), refunded_amount: minor(refunded_amount, currency) },
      ...stockIn(facts),
      payment: payments?.payment ? chargedOf(payments.payment) : undefined,
      told: notifications?.map(({ kind }) => kind) ?? [],
    },
    (sum) => amountWords(sum, currency),
  );
}

/** What was decided, and what was ordered and is held for it. */
export function stockIn({ orders, inventory }: Facts) {
  const { allocation, movements } = inventory ?? { allocation: null, movements: [] };
  const held = movements.map(({ product_id, reserved_delta }) => ({ product_id, quantity: reserved_delta }));
  const goods: Goods = { ordered: orders?.order.items ?? [], decided: allocation?.lines ?? [], held };
  return { stock: allocation?.status, goods };
}

/**
 * Those that the auditor has found, too, and that are still to be seen: it has looked for messages about the order, and there
 * were none. So what only might be on its way is not.
 */
export function lastingIn(facts: Facts): Lasting[] {
  const findings = (facts.messages.orders?.findings ?? []).filter(({ rule }) => rule === ACROSS);
  if (findings.length === 0) return [];
  return faultsIn(facts).flatMap(({ detail, room }) => {
    const finding = findings.find((one) => one.detail.includes(detail));
    return finding ? [{ detail, room, found_at: finding.found_at }] : [];
  });
}

export interface Lasting extends Pick<Fault, 'detail' | 'room'> {
  found_at: string;
}

function chargedOf(payment: PaymentDetail) {
  const { taken, back, going } = sumOf(payment);
  // Nothing is said again from here, so what payments has heard does not matter.
  return { status: payment.status, amount: taken, returned: back, returning: going, void_requested: false };
}
