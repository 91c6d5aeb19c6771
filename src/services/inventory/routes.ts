/** Endpoint → action. */

import type { Level } from '../../contracts/inventory.ts';
import * as contracts from '../../contracts/inventory.ts';
import { NotEnoughStock, NotFound } from '../../contracts/problems.ts';
import { LIMITS } from '../../contracts/shapes.ts';
import type { Caller } from '../../platform/auth.ts';
import type { Endpoint } from '../../platform/contract.ts';
import type { Database } from '../../platform/database.ts';
import type { Route } from '../../platform/dispatch.ts';
import { route, storedReply } from '../../platform/dispatch.ts';
import type { IdempotencyKey } from '../../platform/idempotency.ts';
import { once } from '../../platform/idempotency.ts';
import { cutPage, decodeCursor, decodeIdCursor, pageSize } from '../../platform/page.ts';
import { common, isRejection, reject } from '../../platform/problem.ts';
import { availableOf, hasFallenLow, statusOf } from './allocation.ts';
import { sayLow } from './handlers.ts';
import { mergeLines } from './reservation.ts';
import type { LevelRow } from './store.ts';
import {
  getAllocation,
  getLevel,
  getLevels,
  insertMovements,
  listAllMovements,
  listLevels,
  listMovements,
  lockLevels,
  setThreshold,
  updateLevels,
} from './store.ts';

interface Correction {
  endpoint: Endpoint;
  product_id: string;
  delta: number;
  kind: 'replenished' | 'adjusted';
  reason: string | undefined;
  caller: Caller;
  key: IdempotencyKey | undefined;
}

export function inventoryRoutes(db: Database): Route[] {
  /** Changes what is in the building, by a ledger entry that says who and why. */
  function correct({ endpoint, product_id, delta, kind, reason, caller, key }: Correction) {
    return once(db, key, async (tx) => {
      const before = (await lockLevels(tx, [product_id])).get(product_id);
      if (!before) return reject(NotFound);
      const after = { ...before, on_hand: before.on_hand + delta };
      if (after.on_hand < before.reserved) {
        return reject(NotEnoughStock, {
          detail: `${before.on_hand} on hand, ${before.reserved} of it held for orders`,
        });
      }
      if (after.on_hand > LIMITS.stock) {
        const detail = `must leave at most ${LIMITS.stock} on hand, where ${before.on_hand} are now`;
        return reject(common.invalid, {
          errors: [{ pointer: kind === 'replenished' ? '/quantity' : '/delta', detail }],
        });
      }
      const actor = caller.role === 'guest' ? null : caller.email;
      updateLevels(tx, [after], tx.now);
      insertMovements(
        tx,
        [{ product_id, kind, on_hand_delta: delta, reserved_delta: 0, reason: reason ?? null, actor }],
        tx.now,
      );
      if (hasFallenLow(before, after)) sayLow(tx, after);
      return storedReply(endpoint, levelReply((await getLevel(tx, product_id)) as LevelRow) as never);
    });
  }

  return [
    route(contracts.ListLevels, async ({ query }) => {
      const { ids, status, cursor } = query;
      const limit = pageSize(query);
      const key = cursor === undefined ? [] : decodeCursor(cursor, 1, ([id]) => typeof id === 'string');
      if (isRejection(key)) return key;
      const rows = await listLevels(db, {
        ids: ids?.split(','),
        status,
        after: key[0] as string | undefined,
        limit: limit + 1,
      });
      return { body: cutPage(rows.map(levelReply), limit, ({ product_id }) => [product_id]) };
    }),

    route(contracts.GetLevel, async ({ params }) => {
      const level = await getLevel(db, params.product_id);
      return level ? { body: levelReply(level) } : reject(NotFound);
    }),

    route(contracts.ListMovements, async ({ params, query: { cursor, limit = 50 } }) => {
      const before = decodeIdCursor(cursor);
      if (isRejection(before)) return before;
      if (!(await getLevel(db, params.product_id))) return reject(NotFound);
      const rows = await listMovements(db, { productId: params.product_id, before, limit: limit + 1 });
      return { body: cutPage(rows, limit, ({ id }) => [id]) };
    }),

    route(contracts.ListAllMovements, async ({ query: { cursor, limit = 50, ...filter } }) => {
      const before = decodeIdCursor(cursor);
      if (isRejection(before)) return before;
      const rows = await listAllMovements(db, { ...filter, before, limit: limit + 1 });
      return { body: cutPage(rows, limit, ({ id }) => [id]) };
    }),

    route(contracts.GetAllocation, async ({ params }) => {
      const allocation = await getAllocation(db, params.order_id);
      return allocation ? { body: allocation } : reject(NotFound);
    }),

    route(contracts.ChangeLevel, ({ params, body }) =>
      db.transaction(async (tx) => {
        const level = (await lockLevels(tx, [params.product_id])).get(params.product_id);
        if (!level) return reject(NotFound);
        setThreshold(tx, level.product_id, body.low_stock_threshold, tx.now);
        return { body: levelReply((await getLevel(tx, level.product_id)) as LevelRow) };
      }),
    ),

    route(contracts.CheckStock, async ({ body }) => {
      const lines = mergeLines(body.items.map((item) => ({ ...item, product_id: String(item.product_id) })));
      const levels = await getLevels(
        db,
        lines.map(({ product_id }) => product_id),
      );
      const items = lines.map(({ product_id, quantity }) => {
        const level = levels.get(product_id);
        const available = level ? availableOf(level) : 0;
        const status = level ? statusOf(level) : ('out_of_stock' as const);
        return { product_id, quantity, available, status, sufficient: available >= quantity };
      });
      return { body: { available: items.every(({ sufficient }) => sufficient), items } };
    }),

    route(contracts.Replenish, ({ params, body, caller, key }) =>
      correct({
        endpoint: contracts.Replenish,
        product_id: params.product_id,
        delta: body.quantity,
        kind: 'replenished',
        reason: body.reason,
        caller,
        key,
      }),
    ),

    route(contracts.Adjust, ({ params, body, caller, key }) =>
      correct({
        endpoint: contracts.Adjust,
        product_id: params.product_id,
        delta: body.delta,
        kind: 'adjusted',
        reason: body.reason,
        caller,
        key,
      }),
    ),
  ];
}

function levelReply(row: LevelRow): Level {
  return { ...row, status: statusOf(row) };
}
