/**
 * Faults that a living shop does not let stand: what a constraint forbids, and what a worker mends at once. Each is planted in
 * a transaction that is rolled back, without the constraint, and the rule is asked in the same transaction.
 */
import type { ServiceName } from '../src/contracts/registry.ts';

export interface Fleeting {
  rule: string;
  room: ServiceName;
  /** Statements; $1 is the id of a confirmed order. */
  plant: readonly string[];
  /** What is found; undefined: the order. */
  subject?: string;
  /** Hours after which it is found; not before. */
  after?: number;
}

const ID = '00000000-0000-7000-8000-000000000002';
const withoutChecks = (table: string) => `
  do $$ declare one text; begin
    for one in select conname from pg_constraint where conrelid = '${table}'::regclass and contype in ('c', 'u') loop
      execute 'alter table ${table} drop constraint ' || quote_ident(one);
    end loop;
  end $$`;
const level = (change: string): Fleeting => ({
  rule: 'stock is never below zero, and never more is held than there is',
  room: 'inventory',
  plant: [withoutChecks('levels'), `update levels set ${change}, updated_at = now() where product_id = 'AUDITED'`],
  subject: 'AUDITED',
});

export const FLEETING: readonly Fleeting[] = [
  level('reserved = on_hand + 1'),
  level('on_hand = -1, reserved = -2'),
  level('reserved = -1'),
  {
    rule: 'an order is charged at most once',
    room: 'payments',
    plant: [
      withoutChecks('payments'),
      `insert into payments select (jsonb_populate_record(payments, '{"id": "${ID}"}')).* from payments where order_id = $1`,
      `update payments set updated_at = now() where id = '${ID}'`,
    ],
  },
  {
    rule: 'nothing that is due to be sent stays',
    room: 'notifications',
    plant: [
      `insert into notifications (id, dedupe_key, kind, channel, recipient, subject, data, status, message_id,
         next_attempt_at, created_at)
       values ('${ID}', 'planted', 'registered', 'email', 'ann@example.com', 'Welcome', '{}', 'queued', 'planted', now(), now())`,
    ],
    subject: ID,
    after: 1,
  },
  {
    rule: 'no reservation is held past its time',
    room: 'inventory',
    plant: [
      `insert into reservations (id, status, items, expires_at, created_at, updated_at)
       values ('${ID}', 'held', '[{"product_id": "AUDITED", "quantity": 1}]', now(), now(), now())`,
    ],
    subject: ID,
    after: 1,
  },
  {
    rule: 'what a card processor has told is worked in when it is due',
    room: 'payments',
    plant: [
      `insert into webhook_events (provider, event_id, type, reference, fact, status, next_attempt_at, received_at)
       values ('stripe', 'evt_planted', 'charge.refunded', 'pi_planted', '{}', 'waiting', now(), now())`,
    ],
    subject: 'evt_planted',
    after: 1,
  },
];
