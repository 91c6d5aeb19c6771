/** Endpoints of reservations, and the worker that ends those whose time is up. */
import * as contracts from '../../contracts/inventory.ts';
import { NotEnoughStock, NotFound } from '../../contracts/problems.ts';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/database.ts';
import { isUnavailable } from '../../platform/database.ts';
import type { Request, Route } from '../../platform/dispatch.ts';
import { route, storedReply } from '../../platform/dispatch.ts';
import { once } from '../../platform/idempotency.ts';
import type { Logger } from '../../platform/log.ts';
import { cutPage, decodeIdCursor } from '../../platform/page.ts';
import { isRejection, reject } from '../../platform/problem.ts';
import type { Line } from './allocation.ts';
import { hasFallenLow, shortages } from './allocation.ts';
import { sayLow } from './handlers.ts';
import type { Ending, Reservation, ReservationMovement } from './reservation.ts';
import { mayEnd, mergeLines, settle, stillHeld } from './reservation.ts';
import {
  endReservations,
  extendReservation,
  getReservation,
  insertMovements,
  insertReservation,
  listReservations,
  lockExpired,
  lockLevels,
  lockReservation,
  putOffExpired,
  updateLevels,
} from './store.ts';

const productsOf = (reservations: readonly Pick<Reservation, 'items'>[]) =>
  [...new Set(reservations.flatMap(({ items }) => items.map(({ product_id }) => product_id)))].sort();

const after = (now: Date, seconds: number) => new Date(now.getTime() + seconds * 1000).toISOString();

/** Books what becomes of reservations whose levels are locked. */
function book(
  tx: Tx,
  reservations: readonly Pick<Reservation, 'id' | 'items'>[],
  kind: ReservationMovement['kind'],
  locked: Awaited<ReturnType<typeof lockLevels>>,
): void {
  const { levels, movements } = settle(reservations, kind, locked);
  updateLevels(tx, levels, tx.now);
  insertMovements(tx, movements, tx.now);
  for (const level of levels) {
    const before = locked.get(level.product_id);
    if (before && hasFallenLow(before, level)) sayLow(tx, level);
  }
}

/** Ends reservations that are locked. */
async function end(tx: Tx, reservations: readonly Reservation[], to: Ending): Promise<void> {
  const locked = await lockLevels(tx, productsOf(reservations));
  book(tx, reservations, to, locked);
  const ids = reservations.map(({ id }) => id);
  endReservations(tx, ids, to, tx.now);
}

/** Gives back what was held for too long; true when there may be more. */
export function expireReservations(db: Database, clock: Clock, limit: number): Promise<boolean> {
  return db.transaction(async (tx) => {
    const expired = await lockExpired(tx, clock.now(), limit);
    if (expired.length > 0) await end(tx, expired, 'expired');
    return expired.length === limit;
  });
}

const PUT_OFF_MS = 60_000;

/** One that cannot be ended must not keep the others: it is put off for a minute, and said aloud. */
export async function expireOneByOne(db: Database, clock: Clock, log: Logger): Promise<void> {
  for (let more = true; more; ) {
    more = await expireReservations(db, clock, 1).catch(async (thrown) => {
      if (isUnavailable(thrown)) throw thrown;
      const stuck = await putOffExpired(db, clock.now(), new Date(clock.now().getTime() + PUT_OFF_MS));
      log.error({ err: thrown, reservation_id: stuck }, 'a reservation that is out of time cannot be ended');
      return stuck !== undefined;
    });
  }
}

export function reservationRoutes(db: Database): Route[] {
  function reserve({ body, caller, key }: Request<typeof contracts.Reserve>) {
    const items: Line[] = mergeLines(body.items.map((item) => ({ ...item, product_id: String(item.product_id) })));
    return once(db, key, async (tx) => {
      const locked = await lockLevels(tx, productsOf([{ items }]));
      const short = shortages(items, locked);
      if (short.length > 0) {
        const errors = short.map(({ product_id, quantity, available }) => {
          const i = body.items.findIndex((item) => String(item.product_id) === product_id);
          const detail = `${available} of ${product_id} can be had, ${quantity} are asked for`;
          return { pointer: `/items/${i}`, detail, product_id, available };
        });
        return reject(NotEnoughStock, { errors });
      }
      const at = tx.now.toISOString();
      const reservation: Reservation = {
        id: newId(),
        status: 'held',
        items,
        reference: body.reference ?? null,
        actor: caller.role === 'guest' ? null : caller.email,
        expires_at: after(tx.now, body.ttl_seconds ?? 900),
        created_at: at,
        updated_at: at,
      };
      insertReservation(tx, reservation);
      book(tx, [reservation], 'reserved', locked);
      return storedReply(contracts.Reserve, reservation, { location: `/reservations/${reservation.id}` });
    });
  }

  /** The reservation as it then is, or why it cannot end so. */
  function finish(id: string, to: Ending) {
    return db.transaction(async (tx) => {
      const reservation = await lockReservation(tx, id);
      if (!reservation) return reject(NotFound);
      const may = mayEnd(reservation, to, tx.now);
      if (isRejection(may)) return may;
      if (may === 'again') return { body: reservation };
      await end(tx, [reservation], to);
      return { body: { ...reservation, status: to, updated_at: tx.now.toISOString() } };
    });
  }

  return [
    route(contracts.Reserve, reserve),

    route(contracts.ListReservations, async ({ query: { cursor, limit = 50, ...filter } }) => {
      const before = decodeIdCursor(cursor);
      if (isRejection(before)) return before;
      const rows = await listReservations(db, filter, before, limit + 1);
      return { body: cutPage(rows, limit, ({ id }) => [id]) };
    }),

    route(contracts.GetReservation, async ({ params }) => {
      const reservation = await getReservation(db, params.id);
      return reservation ? { body: reservation } : reject(NotFound);
    }),

    route(contracts.ExtendReservation, ({ params, body }) =>
      db.transaction(async (tx) => {
        const reservation = await lockReservation(tx, params.id);
        if (!reservation) return reject(NotFound);
        const refusal = stillHeld(reservation, tx.now);
        if (refusal) return refusal;
        const expires_at = after(tx.now, body.ttl_seconds);
        extendReservation(tx, reservation.id, expires_at, tx.now);
        return { body: { ...reservation, expires_at, updated_at: tx.now.toISOString() } };
      }),
    ),

    route(contracts.CommitReservation, ({ params }) => finish(params.id, 'committed')),

    route(contracts.ReleaseReservation, async ({ params }) => {
      const ended = await finish(params.id, 'released');
      return isRejection(ended) ? ended : {};
    }),
  ];
}
