/** Our side of the conversation with Twilio, against a stand-in that behaves as Twilio documents itself. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTwilioStandIn, TWILIO_ACCOUNT, TWILIO_TOKEN } from '../../../test/twilio-stand-in.ts';
import type { Sms, SmsProvider } from './sms-provider.ts';
import { createTwilio } from './sms-twilio.ts';

let twilio: Awaited<ReturnType<typeof startTwilioStandIn>>;
let provider: SmsProvider;
const open = (overrides: Partial<Parameters<typeof createTwilio>[0]> = {}) =>
  createTwilio({
    accountSid: TWILIO_ACCOUNT,
    authToken: TWILIO_TOKEN,
    from: '+15005550006',
    apiUrl: twilio.url,
    ...overrides,
  });
const sms = (facts: Partial<Sms> = {}): Sms => ({
  key: 'n1',
  to: '+12025550100',
  body: 'Tradewind: order 1042 is confirmed. https://shop.example/?a=1&b=2',
  askedSince: null,
  ...facts,
});
const send = (one: Sms = sms(), by = provider) => by.send(one, AbortSignal.timeout(5_000));
const again = () => sms({ askedSince: new Date(Date.now() - 1_000) });

beforeEach(async () => {
  twilio = await startTwilioStandIn();
  provider = open();
});
afterEach(async () => {
  await provider.close();
  await twilio.close();
});

test('a message is sent as it is, and known by the name that Twilio gives it', async () => {
  const answer = await send();
  expect(twilio.messages).toMatchObject([{ to: '+12025550100', from: '+15005550006', body: sms().body }]);
  expect(answer).toEqual({ outcome: 'sent', provider_id: twilio.messages[0]?.sid });
  expect(twilio.calls.map(({ method }) => method)).toEqual(['POST']);
});

test('a Messaging Service sends in its own name', async () => {
  const service = `MG${'0'.repeat(32)}`;
  const by = open({ from: service });
  await send(sms(), by);
  await by.close();
  expect(twilio.messages).toMatchObject([{ from: null, messaging_service_sid: service }]);
});

describe('a message whose answer was lost', () => {
  test('leaves the outcome unknown, is looked for before it is sent again, and is sent once', async () => {
    twilio.fail('lost');
    await expect(send()).rejects.toThrow('Twilio did not answer');
    expect(await send(again())).toEqual({ outcome: 'sent', provider_id: twilio.messages[0]?.sid });
    expect(twilio.messages).toHaveLength(1);
  });
  test('and that was not sent is sent then', async () => {
    twilio.fail('reset');
    await expect(send()).rejects.toThrow('Twilio did not answer');
    expect(await send(again())).toMatchObject({ outcome: 'sent' });
    expect(twilio.messages).toHaveLength(1);
  });
  test('is not mistaken for other words to the same number, or for the same words of long ago', async () => {
    await send(sms({ body: 'Tradewind: order 1041 is confirmed.' }));
    await send();
    const later = sms({ askedSince: new Date(Date.now() + 120_000) });
    expect(await send(later)).toMatchObject({ outcome: 'sent' });
    expect(twilio.messages).toHaveLength(3);
  });
  test('is not sent while nobody can look', async () => {
    await send();
    twilio.state.refusesKey = true;
    expect(await send(again())).toMatchObject({ outcome: 'unreachable' });
    expect(twilio.messages).toHaveLength(1);
  });
});

describe('an answer that is no', () => {
  test.each([
    ['+15005550001', { outcome: 'refused', code: '21211', address: 'refused' }],
    ['+15005550009', { outcome: 'refused', code: '21614', address: 'refused' }],
    ['+15005550010', { outcome: 'refused', code: '21610', address: 'unsubscribed' }],
    // A country that the account may not send to: a person can put that right.
    ['+15005550003', { outcome: 'later' }],
  ])('for %s means %j', async (to, outcome) => {
    expect(await send(sms({ to }))).toMatchObject(outcome);
  });

  test.each(['429', '500'] as const)('%s means later', async (how) => {
    twilio.fail(how);
    expect(await send()).toMatchObject({ outcome: 'later', reason: expect.stringContaining(how) });
  });

  test('a key that is not known lets everything wait, and is not told on', async () => {
    const by = open({ authToken: 'wrong-and-secret' });
    const answer = await send(sms(), by);
    await by.close();
    expect(answer).toMatchObject({ outcome: 'unreachable' });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });
});

test('nobody there means that nothing was sent', async () => {
  await twilio.close();
  expect(await send()).toMatchObject({ outcome: 'unreachable', reason: expect.stringContaining('ECONNREFUSED') });
  twilio = await startTwilioStandIn();
});
