/** What the catalogue learns from others: whether a product can be had right now. */
import { StockChanged } from '../../contracts/inventory.ts';
import type { Handler } from '../../platform/handler.ts';
import { on } from '../../platform/handler.ts';
import { saveStockHints } from './store.ts';

export const handlers: readonly Handler[] = [
  on(StockChanged, (messages, tx) =>
    saveStockHints(
      tx,
      messages.map(({ data }) => data),
    ),
  ),
];
