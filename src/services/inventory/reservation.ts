/**
 * Stock held over HTTP for a time, in two phases: held, then committed (the goods are gone), released or expired (they
 * can be sold again). A reservation ends once. Pure.
 */
import { ReservationEnded } from '../../contracts/problems.ts';
import type { Rejection } from '../../platform/problem.ts';
import { reject } from '../../platform/problem.ts';
import type { Line, Stock } from './allocation.ts';
import { shifted } from './allocation.ts';

export type ReservationStatus = 'held' | 'committed' | 'released' | 'expired';
export type Ending = Exclude<ReservationStatus, 'held'>;

export interface Reservation {
  id: string;
  status: ReservationStatus;
  items: Line[];
  reference: string | null;
  /** Who asked for it. */
  actor: string | null;
  expires_at: string;
  created_at: string;
  updated_at: string;
}

export interface ReservationMovement {
  product_id: string;
  kind: 'reserved' | Ending;
  on_hand_delta: number;
  reserved_delta: number;
  reservation_id: string;
}

/** What one unit does to the level, by what becomes of its reservation. */
const EFFECT: Record<ReservationMovement['kind'], { on_hand: number; reserved: number }> = {
  reserved: { on_hand: 0, reserved: 1 },
  committed: { on_hand: -1, reserved: -1 },
  released: { on_hand: 0, reserved: -1 },
  expired: { on_hand: 0, reserved: -1 },
};

export interface Settlement {
  levels: Stock[];
  movements: ReservationMovement[];
}

/** What reservations do to levels when this becomes of them; every product is among `levels`. */
export function settle(
  reservations: readonly Pick<Reservation, 'id' | 'items'>[],
  kind: ReservationMovement['kind'],
  levels: ReadonlyMap<string, Stock>,
): Settlement {
  const changed = new Map<string, Stock>();
  const movements = reservations.flatMap(({ id, items }) =>
    items.map(({ product_id, quantity }): ReservationMovement => {
      const on_hand_delta = EFFECT[kind].on_hand * quantity;
      const reserved_delta = EFFECT[kind].reserved * quantity;
      const before = changed.get(product_id) ?? (levels.get(product_id) as Stock);
      changed.set(product_id, shifted(before, on_hand_delta, reserved_delta));
      return { product_id, kind, on_hand_delta, reserved_delta, reservation_id: id };
    }),
  );
  return { levels: [...changed.values()], movements };
}

/** Time is up from this moment on, whether or not anyone has noticed yet. */
export function isOver({ expires_at }: Pick<Reservation, 'expires_at'>, now: Date): boolean {
  return Date.parse(expires_at) <= now.getTime();
}

/** Whether a held reservation may end so: `again` when it has already, a rejection when it has ended otherwise. */
export function mayEnd(
  reservation: Reservation,
  to: Ending,
  now: Date,
): 'now' | 'again' | Rejection<'reservation-ended'> {
  if (reservation.status === to) return 'again';
  return stillHeld(reservation, now) ?? 'now';
}

/** Why a reservation can no longer be extended or ended; undefined while it is held. */
export function stillHeld({ status, expires_at }: Reservation, now: Date): Rejection<'reservation-ended'> | undefined {
  if (status !== 'held')
    return reject(ReservationEnded, { detail: `it is ${status}`, extra: { reservation_status: status } });
  if (!isOver({ expires_at }, now)) return undefined;
  return reject(ReservationEnded, {
    detail: `its time was up at ${expires_at}`,
    extra: { reservation_status: 'expired' },
  });
}

/** The same product twice is one line with the sum. */
export function mergeLines(lines: readonly Line[]): Line[] {
  const sums = new Map<string, number>();
  for (const { product_id, quantity } of lines) sums.set(product_id, (sums.get(product_id) ?? 0) + quantity);
  return [...sums].map(([product_id, quantity]) => ({ product_id, quantity }));
}
