/** Customers as a spreadsheet, and back. */
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestRoom, type TestRoom } from '../../../test/service-harness.ts';
import { ExportCustomers, ImportCustomers } from '../../contracts/customer-sheets.ts';
import type { ImportReport } from '../../contracts/shapes.ts';
import type { Endpoint } from '../../platform/contract.ts';
import { createCustomers } from './service.ts';

let room: TestRoom;
let admin: string;
beforeAll(async () => {
  room = await openTestRoom(createCustomers(), {
    ADMIN_EMAIL: 'owner@example.com',
    ADMIN_PASSWORD: 'correct horse battery',
  });
  const [owner] = await room.service.db.query<{ id: string }>({ text: `select id from customers` });
  admin = `Bearer admin.${owner?.id}`;
});
afterAll(() => room.close());

function handle(endpoint: Endpoint, body?: Buffer, query = {}) {
  const headers = { authorization: admin, 'content-type': 'text/csv' };
  return room.service.door.handle(endpoint, { url: '/', params: {}, query, headers, body, receivedAt: 0 });
}
async function send(file: string, query = {}): Promise<ImportReport> {
  const reply = await handle(ImportCustomers, Buffer.from(file), query);
  expect(reply.status, String(reply.body)).toBe(200);
  return JSON.parse(String(reply.body));
}
const exported = async () => text((await handle(ExportCustomers)).body as Readable);
const rows = () =>
  room.service.db.query({
    text: `select email, name, phone, address, notify_by, role, version from customers order by email`,
  });
const counts = ({ created, changed, unchanged, refused }: ImportReport) => [created, changed, unchanged, refused];
const faults = ({ faults }: ImportReport) =>
  faults.flatMap(({ line, errors }) => errors.map(({ column, detail }) => `${line} ${column}: ${detail}`));

const FILE = `email;name;phone;notify_by;address;line1;city;country
Ada@Example.com;Ada Lovelace;+44 20 123456;email sms;;12 Harbour Street;London;GB
grace@example.com;=Grace;;;1 Navy Yard, New York;;;
`;

test('accounts are opened without a mail or a password, and changed; the same file again changes nothing', async () => {
  expect(counts(await send(FILE, { dry_run: 'true' }))).toEqual([2, 0, 0, 0]);
  expect(await rows()).toHaveLength(1);
  expect(counts(await send(FILE))).toEqual([2, 0, 0, 0]);
  const [ada, grace] = await rows();
  expect(ada).toMatchObject({
    email: 'ada@example.com',
    address: { line1: '12 Harbour Street', city: 'London', country: 'GB' },
    notify_by: ['email', 'sms'],
    role: 'customer',
  });
  expect(grace).toMatchObject({ name: '=Grace', phone: null, address: '1 Navy Yard, New York', notify_by: ['email'] });
  const events = await room.service.db.query<{ type: string }>({ text: 'select type from outbox order by id' });
  expect(events.map(({ type }) => type)).toEqual(['customer.updated', 'customer.updated']);
  expect(counts(await send(FILE))).toEqual([0, 0, 2, 0]);
  const { changes } = await send('email,name\nADA@example.com,Ada King\n');
  expect(changes[0]).toMatchObject({
    action: 'changed',
    cells: [{ column: 'name', from: 'Ada Lovelace', to: 'Ada King' }],
  });
  expect((await rows())[0]).toMatchObject({ phone: '+44 20 123456', version: 2 });
});

test('what an export has written is taken back and changes nothing', async () => {
  const before = await rows();
  const file = await exported();
  expect(file).not.toMatch(/argon2|password/);
  const report = await send(file);
  expect([counts(report), faults(report)]).toEqual([[0, 0, before.length, 0], []]);
  expect(await rows()).toEqual(before);
});

test('every fault of a line is named', async () => {
  const before = await rows();
  const file = [
    'email,name,phone,notify_by,address,line1,city,country,role',
    'nobody,,,,,,,,',
    'new@example.com,,12,sms pigeon,,,,,',
    'sms@example.com,,,sms,,,,,',
    'far@example.com,,,,,There 1,,Nowhere,',
    'both@example.com,,,,Here,There 1,City,GB,',
    'boss@example.com,,,,,,,,admin',
    'owner@example.com,,,,,,,,customer',
  ].join('\n');
  const report = await send(file);
  expect(counts(report)).toEqual([0, 0, 0, 7]);
  expect(faults(report)).toEqual([
    expect.stringMatching(/^2 email: must be an e-mail address/),
    expect.stringMatching(/^3 phone: must be a phone number/),
    '3 notify_by: must be one of email, sms',
    '4 phone: is needed for SMS, with its country code (+1 555 …)',
    '5 city: is needed',
    expect.stringMatching(/^5 country: must be a country code/),
    '6 address: must be empty where line1, city, country are given',
    '7 role: must be customer: an import changes no roles',
    '8 role: must be admin: an import changes no roles',
  ]);
  expect(await rows()).toEqual(before);
});
