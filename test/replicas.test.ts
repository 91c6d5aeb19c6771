/** What an order costs each part, and what follows from it. */
import { expect, test } from 'vitest';
import { coresFor } from '../bench/replicas.ts';
import { costOfRooms } from '../bench/rooms.ts';

test('cores are counted so that they are busy for six tenths of the time', () => {
  expect(coresFor(0.6)).toEqual({ 'cores 1,000/s': 1, 'cores 10,000/s': 10, 'cores 100,000/s': 100 });
});

test('a room costs what its sessions have done from look to look, whichever of them came and went', () => {
  const session = (pid: number, cpu: number, wal: number, room = 'orders') => ({ pid, room, cpu, wal });
  const looks = [
    [session(1, 100, 5_000), session(2, 900, 9_000), session(4, 70, 0, 'payments')],
    // The third is new.
    [session(1, 200, 15_000), session(2, 950, 9_500), session(3, 10, 1_000), session(4, 90, 0, 'payments')],
    // The second has ended.
    [session(1, 300, 25_000), session(3, 40, 4_000), session(4, 90, 0, 'payments')],
  ];
  const counted = (commits: number, rows: number) => [
    { room: 'orders', commits, rows },
    { room: 'payments', commits: 7, rows: 7 },
  ];
  expect(costOfRooms(looks, counted(50, 500), counted(70, 900), 10)).toEqual({
    orders: { cpu_ms: 29, wal_bytes: 2_450, commits: 2, rows: 40 },
    payments: { cpu_ms: 2, wal_bytes: 0, commits: 0, rows: 0 },
  });
});
