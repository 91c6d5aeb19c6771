/** What inventory does with what catalog and orders say. */
import { ProductCreated } from '../../contracts/catalog.ts';
import { CustomerDeleted } from '../../contracts/customers.ts';
import {
  DEFAULT_LOW_STOCK_THRESHOLD,
  StockDeducted,
  StockDeductionFailed,
  StockLow,
  StockRestored,
} from '../../contracts/inventory.ts';
import { OrderCancelled, OrderFailed, OrderPlaced, OrderShipped } from '../../contracts/orders.ts';
import type { Tx } from '../../platform/database.ts';
import { eraseDead } from '../../platform/dead-letters.ts';
import type { Handler } from '../../platform/handler.ts';
import { on } from '../../platform/handler.ts';
import type { Cause } from '../../platform/message.ts';
import type { Answer, Stock, Wish } from './allocation.ts';
import { availableOf, decide, touchedProducts } from './allocation.ts';
import { insertMovements, lockAllocations, lockLevels, openLevels, saveAllocations, updateLevels } from './store.ts';

const WISHES: Record<string, Wish['kind']> = {
  [OrderPlaced.name]: 'take',
  [OrderFailed.name]: 'restore',
  [OrderCancelled.name]: 'restore',
  [OrderShipped.name]: 'ship',
};

export const inventoryHandlers: Handler[] = [
  on(ProductCreated, async (messages, tx) => {
    const openings = messages.map(({ data }) => ({
      product_id: data.product_id,
      stock: data.stock,
      low_stock_threshold: data.low_stock_threshold ?? DEFAULT_LOW_STOCK_THRESHOLD,
    }));
    await openLevels(tx, openings, tx.now);
  }),

  on(CustomerDeleted, async (messages, tx) =>
    eraseDead(
      tx,
      messages.map(({ data }) => data.id),
    ),
  ),

  on([OrderPlaced, OrderFailed, OrderCancelled, OrderShipped], async (messages, tx) => {
    const wishes = messages.map(({ type, data }) => ({
      kind: WISHES[type] as Wish['kind'],
      order_id: data.id,
      lines: data.items.map(({ product_id, quantity }) => ({ product_id, quantity })),
    }));
    const known = await lockAllocations(
      tx,
      wishes.map(({ order_id }) => order_id),
    );
    const levels = await lockLevels(tx, touchedProducts(wishes, known));
    const decision = decide(wishes, known, levels);

    for (const answer of decision.answers) say(tx, answer, messages[answer.wish] as Cause);
    for (const stock of decision.low) sayLow(tx, stock);
    if (decision.levels.length > 0) updateLevels(tx, decision.levels, tx.now);
    if (decision.movements.length > 0) insertMovements(tx, decision.movements, tx.now);
    if (decision.allocations.length > 0) saveAllocations(tx, decision.allocations, known);
  }),
];

function say(tx: Tx, answer: Answer, cause: Cause): void {
  const { order_id } = answer;
  if (answer.kind === 'refused') {
    tx.send(StockDeductionFailed, { order_id, reason: answer.reason, short: answer.short }, cause);
  } else {
    tx.send(answer.kind === 'deducted' ? StockDeducted : StockRestored, { order_id, lines: answer.lines }, cause);
  }
}

export function sayLow(tx: Tx, stock: Stock): void {
  const { product_id, low_stock_threshold } = stock;
  tx.send(StockLow, { product_id, available: availableOf(stock), low_stock_threshold });
}
