/** The X-ray of an order: put together where all rooms can be asked, and explained. */
import { NotFound } from '../contracts/problems.ts';
import type { Xray } from '../contracts/xray.ts';
import { GetXray } from '../contracts/xray.ts';
import type { Client } from '../platform/client.ts';
import type { Clock } from '../platform/clock.ts';
import type { Route } from '../platform/dispatch.ts';
import { route } from '../platform/dispatch.ts';
import { reject } from '../platform/problem.ts';
import { conversationOf } from './conversation.ts';
import { explain } from './explain.ts';
import type { Facts } from './facts.ts';
import { readFacts } from './read.ts';
import { lineWords } from './sentences.ts';
import { wayOf } from './way.ts';

export function xrayRoutes(rooms: Client, clock: Pick<Clock, 'now'>): Route[] {
  return [
    route(GetXray, async ({ params, caller }) => {
      if (caller.role === 'guest') throw new Error('a guest has an X-ray made');
      const facts = await readFacts(rooms, { id: params.id, token: caller.token }, clock);
      return facts ? { body: xrayOf(facts) } : reject(NotFound);
    }),
  ];
}

export function xrayOf({ messages, ...facts }: Facts): Xray {
  const lines = conversationOf({ messages, ...facts });
  return {
    ...facts,
    explanation: explain({ messages, ...facts }, lines),
    way: wayOf({ messages, ...facts }),
    conversation: lines.map((line) => ({ ...line, words: lineWords(line) })),
  };
}
