/** The rules between rooms, read from the source: who may import whom, who may do what. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Settings } from '../src/config.ts';
import { readSettings } from '../src/config.ts';
import { ACTIVITY } from '../src/contracts/activity.ts';
import { AUDITED, AUDITS } from '../src/contracts/audit.ts';
import { DESKS } from '../src/contracts/dead-letters.ts';
import { MESSAGES } from '../src/contracts/messages.ts';
import * as registry from '../src/contracts/registry.ts';
import { activityRoute } from '../src/desk/activity.ts';
import { auditRoutes } from '../src/desk/audit.ts';
import { messageRoute } from '../src/desk/messages.ts';
import { deskRoutes } from '../src/desk/routes.ts';
import { tapRoutes } from '../src/gateway/tap.ts';
import { traceRoutes } from '../src/gateway/traces.ts';
import { systemClock } from '../src/platform/clock.ts';
import { silentLog } from '../src/platform/log.ts';
import type { Room, RoomDefinition } from '../src/platform/service.ts';
import { createMetrics } from '../src/platform/telemetry.ts';
import { catalog } from '../src/services/catalog/service.ts';
import { createCustomers } from '../src/services/customers/service.ts';
import { inventory } from '../src/services/inventory/service.ts';
import { notifications } from '../src/services/notifications/service.ts';
import { orders } from '../src/services/orders/service.ts';
import { payments } from '../src/services/payments/service.ts';
import { xrayRoutes } from '../src/xray/routes.ts';

const { ENDPOINTS, EVENTS, FOUND, SERVICES } = registry;
const ROOT = resolve(import.meta.dirname, '..');

interface Source {
  /** From the root of the project, with forward slashes. */
  path: string;
  text: string;
  /** Without comments. */
  code: string;
  /** Files as paths, packages as their names. */
  imports: string[];
}

function read(path: string): Source {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
  const found = [...code.matchAll(/(?:\bfrom|(?<![/.])\bimport)\s*\(?\s*'([^']+)'/g)].map(
    (match) => match[1] as string,
  );
  const imports = found.map((one) =>
    one.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(path), one)).replaceAll('\\', '/') : one,
  );
  return { path, text, code, imports };
}

function filesIn(folder: string): Source[] {
  return (readdirSync(join(ROOT, folder), { recursive: true }) as string[])
    .filter((name) => /\.tsx?$/.test(name) && !name.includes('node_modules'))
    .map((name) => read(`${folder}/${name.replaceAll('\\', '/')}`));
}

const ALL = filesIn('src');
const SOURCES = ALL.filter(({ path }) => !path.endsWith('.test.ts'));
const inside = (...folders: string[]) => SOURCES.filter(({ path }) => folders.some((one) => path.startsWith(one)));
const roomOf = (path: string) => /^src\/services\/([^/]+)\//.exec(path)?.[1];

/** `path → import` for every import that is not allowed. */
const strangers = (files: readonly Source[], allowed: (to: string, from: Source) => boolean) =>
  files.flatMap((from) => from.imports.filter((to) => !allowed(to, from)).map((to) => `${from.path} → ${to}`));

/** `path: match` for every match of the pattern. */
const uses = (files: readonly Source[], pattern: RegExp, part: 'code' | 'text' = 'code') =>
  files.flatMap((file) => [...file[part].matchAll(pattern)].map(([match]) => `${file.path}: ${match}`));

test('the reader reads: it knows the files and what they import', () => {
  expect(SOURCES.length).toBeGreaterThan(70);
  const shop = SOURCES.find(({ path }) => path === 'src/shop.ts');
  expect(shop?.imports).toEqual(expect.arrayContaining(['jose', 'src/config.ts', 'src/services/orders/service.ts']));
  expect(shop?.imports.every((one) => !one.startsWith('.'))).toBe(true);
});

/** What looks for services that no line names, by their folders. */
const LOOKING = ['src/contracts/services.ts', 'src/contracts/found.ts'];

describe('who may import whom', () => {
  test('contracts: the schema library, themselves, and the words to declare with', () => {
    const allowed = (to: string) =>
      to === 'typebox' || to === 'src/platform/contract.ts' || to.startsWith('src/contracts/');
    expect(
      strangers(
        inside('src/contracts/').filter(({ path }) => !LOOKING.includes(path)),
        allowed,
      ),
    ).toEqual([]);
    expect(LOOKING.flatMap((path) => read(path).imports).filter((to) => !allowed(to))).toEqual([
      'node:fs',
      'node:path',
    ]);
  });

  test('the platform knows no business', () => {
    const allowed = (to: string) => !to.startsWith('src/') || to.startsWith('src/platform/');
    expect(strangers(inside('src/platform/'), allowed)).toEqual([]);
  });

  test('a room knows contracts, platform and settings, and no other room', () => {
    const allowed = (to: string, from: Source) =>
      !to.startsWith('src/') ||
      /^src\/(contracts|platform)\/|^src\/(config|audit\/order)\.ts$/.test(to) ||
      to.startsWith(`src/services/${roomOf(from.path)}/`);
    expect(strangers(inside('src/services/'), allowed)).toEqual([]);
  });

  test('the gateway, the desk and what is embedded know no room', () => {
    const allowed = (to: string, from: Source) =>
      !to.startsWith('src/') || /^src\/(contracts|platform)\//.test(to) || dirname(to) === dirname(from.path);
    expect(strangers(inside('src/gateway/', 'src/desk/', 'src/embedded/'), allowed)).toEqual([]);
  });

  test('an X-ray asks rooms by their contracts, and knows none; what must hold of an order it knows from the audit', () => {
    const allowed = (to: string) =>
      !to.startsWith('src/') || /^src\/(contracts|platform|xray)\//.test(to) || to === 'src/audit/order.ts';
    expect(strangers(inside('src/xray/'), allowed)).toEqual([]);
  });

  test('only the composition imports rooms; the documents draw the life of an order, the audit knows the rules of each', () => {
    const outside = SOURCES.filter(({ path }) => !path.startsWith('src/services/') && path !== 'src/shop.ts');
    const allowed = (to: string, from: Source) =>
      !to.startsWith('src/services/') ||
      (from.path === 'src/documents.ts' && to === 'src/services/orders/lifecycle.ts') ||
      (from.path.startsWith('src/audit/') && /\/(store-audit|reconciling|advance)\.ts$/.test(to));
    expect(strangers(outside, allowed)).toEqual([]);
  });

  test('only orders calls another room, and no room speaks HTTP of its own', () => {
    const rooms = inside('src/services/');
    const callers = rooms.filter(
      ({ code, imports }) => /\bclient\b/.test(code) || imports.includes('src/platform/client.ts'),
    );
    expect([...new Set(callers.map(({ path }) => roomOf(path)))]).toEqual(['orders']);
    expect(uses(rooms, /\bfetch\(/g)).toEqual([]);
    // Twilio has no client among our packages: one file speaks its REST API.
    const others = rooms.filter(({ path }) => path !== 'src/services/notifications/sms-twilio.ts');
    expect(strangers(others, (to) => !/^(undici|(node:)?https?|src\/platform\/upstream\.ts)$/.test(to))).toEqual([]);
  });
});

describe('who may do what', () => {
  /** Files of rooms that only decide. */
  const DECIDING =
    `lifecycle outlook checkout terms erasure statistics order-sheet product-sheet product-lines allocation reservation product customer customer-lines cart session throttle
    payment refund fact stripe-money stripe-event
    contact customer-news delivery drafts templates order-mails account-mails mail-layout mail-words sms`.split(/\s+/);
  const XRAY = ['facts', 'conversation', 'explain', 'sentences', 'way'];
  const PURE = new RegExp(`^src/(contracts/.*|xray/(${XRAY.join('|')})|services/[^/]+/(${DECIDING.join('|')}))\\.ts$`);
  const pure = SOURCES.filter(({ path }) => PURE.test(path) && !LOOKING.includes(path));

  test('pure files take time and ids as values: no await, no clock, no chance, no input or output', () => {
    expect(pure.length).toBeGreaterThan(15);
    const impure =
      /\bawait\b|\basync\b|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\b|\bnewId\b|\brandom\w+\(/g;
    expect(uses(pure, impure)).toEqual([]);
    expect(strangers(pure, (to) => !/^node:(fs|net|http|child_process|timers)|^pg$/.test(to))).toEqual([]);
  });

  test('SQL is in the stores, in the platform, and with the providers that stand for a company elsewhere', () => {
    const allowed =
      /^src\/(platform\/.*|services\/[^/]+\/store(-\w+)?|services\/payments\/test-provider|services\/notifications\/sms-development)\.ts$/;
    const others = SOURCES.filter(({ path }) => !allowed.test(path));
    expect(uses(others, /\b(sql|dynamicSql)\(/g)).toEqual([]);
    expect(strangers(inside('src/services/', 'src/gateway/'), (to) => to !== 'pg')).toEqual([]);
  });

  test('only the entries and the settings read the process', () => {
    const others = SOURCES.filter(
      ({ path }) =>
        !/^src\/(main|mailbox|config|docs|order|tap|import|new-service|audit\/(main|reconcile)|backup\/(main|restore)|doctor\/main)\.ts$/.test(
          path,
        ),
    );
    expect(uses(others, /\bprocess\.(env|argv)\b/g)).toEqual([]);
  });

  test('nothing but the entries knows that a part of the shop is embedded', () => {
    const others = ALL.filter(
      ({ path }) => !/^src\/(main|mailbox|config|reach|doctor\/ports)\.ts$|^src\/embedded\//.test(path),
    );
    expect(uses(others, /embedded/gi, 'text')).toEqual([]);
  });

  test('no file is too long to be held in the head, and nothing is left for later', () => {
    const own = [...ALL, ...filesIn('test').filter(({ path }) => path !== 'test/architecture.test.ts')];
    const long = ALL.filter(({ text }) => text.trimEnd().split('\n').length > 400).map(({ path }) => path);
    expect(long).toEqual([]);
    expect(uses(own, /\bas any\b|\bTODO\b|\bFIXME\b|@ts-ignore/g, 'text')).toEqual([]);
  });
});

describe('the pages', () => {
  const pages = filesIn('web');
  const part = (path: string) => /^web\/src\/(\w+)\//.exec(path)?.[1];

  test('know of the server what it has declared, and nothing else', () => {
    expect(pages.length).toBeGreaterThan(40);
    const allowed = (to: string) =>
      !to.startsWith('src/') || /^src\/(contracts\/[\w-]+|platform\/(contract|csv|csv-parts))\.ts$/.test(to);
    expect(strangers(pages, allowed)).toEqual([]);
    expect(strangers(SOURCES, (to) => !to.startsWith('web/'))).toEqual([]);
  });

  test('of shop and admin stand on the same ground, and not on each other', () => {
    const allowed = (to: string, from: Source) => {
      const [there, here] = [part(to), part(from.path)];
      if (there === undefined || there === here || there === 'ui' || there === 'api')
        return here !== 'api' || there !== 'ui';
      return false;
    };
    expect(strangers(pages, allowed)).toEqual([]);
  });

  test('speak to the shop through the client, and write no markup themselves', () => {
    const others = pages.filter(({ path }) => part(path) !== 'api');
    expect(uses(others, /\bfetch\(/g)).toEqual([]);
    expect(uses(pages, /dangerouslySetInnerHTML|\binnerHTML\b|\beval\(|\bas any\b|\bTODO\b/g)).toEqual([]);
  });

  test('are in files that can be held in the head', () => {
    const long = pages.filter(({ text }) => text.trimEnd().split('\n').length > 400).map(({ path }) => path);
    expect(long).toEqual([]);
  });
});

describe('events and endpoints', async () => {
  const settings = readSettings({ env: { SMTP_URL: 'smtp://127.0.0.1:1' }, dotenv: '', flags: [] });
  const nothing = new Proxy(
    {},
    { get: () => () => Promise.reject(new Error('a room does nothing when it is opened')) },
  );

  function openRoom(definition: RoomDefinition<Settings>): Room {
    const clock = { ...systemClock, now: () => new Date(0) };
    const metrics = createMetrics(definition.name);
    return definition.open({
      db: nothing as never,
      client: nothing as never,
      queued: nothing as never,
      clock,
      log: silentLog,
      settings,
      metrics,
    });
  }
  const found: RoomDefinition<Settings>[] = await Promise.all(
    FOUND.map(async (name) => (await import(/* @vite-ignore */ `../src/services/${name}/service.ts`)).service),
  );
  const known = [catalog, inventory, orders, payments, createCustomers(), notifications];
  const rooms = Object.fromEntries([...known, ...found].map((one) => [one.name, openRoom(one)]));
  const subscribed = (room: Room) => room.handlers.flatMap(({ events }) => events);

  test('every declared service is a room', () => {
    expect(Object.keys(rooms).sort()).toEqual([...SERVICES].sort());
  });

  test.each(SERVICES)('%s acts on every endpoint that is declared for it, and on no other', (name) => {
    const routes = (rooms[name] as Room).routes.map(({ endpoint }) => endpoint.name);
    const parts = { db: nothing, inbox: nothing, clock: systemClock } as never;
    const common = [
      ...deskRoutes(DESKS[name], parts),
      messageRoute(MESSAGES[name], parts),
      activityRoute(ACTIVITY[name], parts),
    ];
    for (const one of AUDITED) if (one === name) common.push(...auditRoutes(AUDITS[one] as never, nothing as never));
    routes.push(...common.map(({ endpoint }) => endpoint.name));
    const declared = ENDPOINTS.filter(({ service }) => service === name).map((endpoint) => endpoint.name);
    expect([...routes].sort()).toEqual([...declared].sort());
  });

  test('what no service answers, the gateway does', () => {
    const routes = [
      ...traceRoutes(ENDPOINTS),
      ...xrayRoutes(nothing as never, systemClock),
      ...tapRoutes(nothing as never),
    ];
    const own = routes.map(({ endpoint }) => endpoint.name);
    const declared = ENDPOINTS.filter(({ service }) => !SERVICES.includes(service as never));
    const sorted = (names: readonly string[]) => [...names].sort();
    expect(declared.filter(({ service }) => service !== 'gateway')).toEqual([]);
    expect(sorted(declared.map(({ name }) => name))).toEqual(sorted(own));
  });

  test('names and addresses are unique', () => {
    const repeated = (values: readonly string[]) => values.filter((value, i) => values.indexOf(value) !== i);
    const shape = (path: string) => path.replace(/\{\w+\}/g, '{}');
    expect(repeated(ENDPOINTS.map(({ name }) => name))).toEqual([]);
    expect(repeated(EVENTS.map(({ name }) => name))).toEqual([]);
    expect(repeated(ENDPOINTS.map(({ service, method, path }) => `${service} ${method} ${shape(path)}`))).toEqual([]);
    expect(
      repeated(ENDPOINTS.flatMap(({ method, publicPaths }) => publicPaths.map((path) => `${method} ${shape(path)}`))),
    ).toEqual([]);
  });

  test('every parameter of a path is declared', () => {
    for (const { path, publicPaths, params, name } of ENDPOINTS) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);
      expect(Object.keys(params.properties).sort(), name).toEqual(named.sort());
      for (const one of publicPaths) expect([...one.matchAll(/\{/g)]).toHaveLength(named.length);
    }
  });

  test('a room hears only of what is declared, and of nothing twice', () => {
    for (const room of Object.values(rooms)) {
      const heard = subscribed(room);
      expect(heard.filter((event) => !EVENTS.includes(event))).toEqual([]);
      expect(new Set(heard).size).toBe(heard.length);
    }
  });

  test('every event is heard by somebody, and by no room of its own', () => {
    const heardBy = (name: string) =>
      Object.entries(rooms).flatMap(([room, one]) =>
        subscribed(one).some((event) => event.name === name) ? [room] : [],
      );
    expect(EVENTS.filter(({ name }) => heardBy(name).length === 0).map(({ name }) => name)).toEqual([]);
    expect(EVENTS.filter(({ name, publisher }) => heardBy(name).includes(publisher)).map(({ name }) => name)).toEqual(
      [],
    );
  });

  /** Export name → event. */
  const exported = new Map(
    inside('src/contracts/').flatMap(({ code }) =>
      [...code.matchAll(/export const (\w+) = \w*[eE]vent\(\s*'([^']+)'/g)].flatMap(([, constant, name]) => {
        const event = EVENTS.find((one) => one.name === name);
        return event ? [[constant as string, event] as const] : [];
      }),
    ),
  );

  test('an event is sent only by the room it belongs to, and that room does send it', () => {
    expect(exported.size).toBe(EVENTS.length);
    const sent = new Map<string, Set<string>>();
    const foreign: string[] = [];
    for (const file of inside('src/services/')) {
      const sends = [...file.code.matchAll(/\bsend\(\s*([^,]+),/g)].map((match) => match[1] as string);
      // A table of events that is sent from counts as sending them.
      const tables = sends.flatMap((what) => {
        const table = /^([A-Z_]+)\[/.exec(what)?.[1];
        return table ? [new RegExp(`const ${table} = \\{([\\s\\S]*?)\\}`).exec(file.code)?.[1] ?? ''] : [];
      });
      for (const [constant, event] of exported) {
        if (![...sends, ...tables].some((what) => new RegExp(`\\b${constant}\\b`).test(what))) continue;
        const room = roomOf(file.path) as string;
        if (room !== event.publisher) foreign.push(`${file.path} sends ${event.name} of ${event.publisher}`);
        sent.set(event.name, (sent.get(event.name) ?? new Set()).add(room));
      }
    }
    expect(foreign).toEqual([]);
    expect(EVENTS.filter(({ name }) => !sent.has(name)).map(({ name }) => name)).toEqual([]);
  });

  test('the subject of an event is one of its own properties', () => {
    for (const { name, subject, data } of EVENTS) {
      expect(Object.keys(data.properties), name).toContain(subject);
      expect(data.required ?? [], name).toContain(subject);
    }
  });
});
