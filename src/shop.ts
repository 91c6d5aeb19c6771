/**
 * The one composition: which rooms run in this process, what carries their messages and how they reach each other.
 * `all` is a list of targets like any other; nothing in a room knows which others run beside it.
 */

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JSONWebKeySet } from 'jose';
import { portOf, type Settings, settingsOf } from './config.ts';
import { ACTIVITY } from './contracts/activity.ts';
import { AUDITS, type Audited } from './contracts/audit.ts';
import { ProductCreated } from './contracts/catalog.ts';
import { Jwks } from './contracts/customers.ts';
import { DESKS } from './contracts/dead-letters.ts';
import { MESSAGES } from './contracts/messages.ts';
import type { ServiceName } from './contracts/registry.ts';
import { ENDPOINTS, EVENTS, FOUND, SERVICES, SUBSCRIPTIONS } from './contracts/registry.ts';
import { activityRoute } from './desk/activity.ts';
import { auditRoutes } from './desk/audit.ts';
import { messageRoute } from './desk/messages.ts';
import { deskRoutes } from './desk/routes.ts';
import { eventsAsyncapi, gatewayDocument, serviceDocument, VERSION } from './documents.ts';
import { eventsPage } from './event-documents.ts';
import type { Gateway } from './gateway/gateway.ts';
import { createGateway } from './gateway/gateway.ts';
import { tapRoutes } from './gateway/tap.ts';
import { traceRoutes } from './gateway/traces.ts';
import { azureOrigins, type WebOptions } from './gateway/web.ts';
import { createVerifier } from './platform/auth.ts';
import type { Broker } from './platform/broker.ts';
import { createLocalBroker } from './platform/broker-local.ts';
import { connectRabbit, exchangeName } from './platform/broker-rabbitmq.ts';
import { createClient } from './platform/client.ts';
import type { Clock } from './platform/clock.ts';
import { systemClock } from './platform/clock.ts';
import { createDatabases } from './platform/database.ts';
import type { Route } from './platform/dispatch.ts';
import type { Logger } from './platform/log.ts';
import type { CommonParts, RoomDefinition, Service } from './platform/service.ts';
import { openService } from './platform/service.ts';
import { traceWith } from './platform/tracing.ts';
import type { LocalRoom, Upstream } from './platform/upstream.ts';
import { createHttpUpstream, createLocalUpstream, UpstreamUnavailable } from './platform/upstream.ts';
import { catalog, loadSampleShop } from './services/catalog/service.ts';
import { createCustomers } from './services/customers/service.ts';
import { inventory } from './services/inventory/service.ts';
import { notifications } from './services/notifications/service.ts';
import { orders } from './services/orders/service.ts';
import { payments } from './services/payments/service.ts';
import { xrayRoutes } from './xray/routes.ts';

export { openPictures } from './services/catalog/service.ts';

export type Target = ServiceName | 'gateway';
export const TARGETS: readonly Target[] = [...SERVICES, 'gateway'];

const SAMPLE_SHOP_LIMIT_MS = 10_000;

/** Room → the types it listens to. */
export const TOPOLOGY = Object.fromEntries(
  Object.entries(SUBSCRIPTIONS).map(([room, events]) => [room, events.map(({ name }) => name)]),
);

/** Where a room's truth is; '' when nothing says so. */
export function databaseUrl(settings: Settings, room: ServiceName): string {
  const own = settings[settingsOf(room).database];
  if (own || !settings.DATABASE_URL) return own;
  const url = new URL(settings.DATABASE_URL);
  url.pathname = `${url.pathname === '/' ? '/tradewind' : url.pathname}_${room}`;
  return url.href;
}

/** Which database of which server could not be opened, by which setting, and why. */
export function notOpened(settings: Settings, room: ServiceName, error: unknown): Error {
  const { host, pathname } = new URL(databaseUrl(settings, room));
  const name = settings[settingsOf(room).database] ? settingsOf(room).database : 'DATABASE_URL';
  const database = `${decodeURIComponent(pathname.slice(1))} at ${host} (${name})`;
  return new Error(`the database of ${room}, ${database}, cannot be opened: ${reasonOf(error)}`, { cause: error });
}

/** A name with several addresses fails once for each of them. */
function reasonOf(error: unknown): string {
  const { message, errors = [] } = error as AggregateError;
  return message || errors.map((one) => (one as Error).message).join(', ');
}

export interface ShopOptions {
  settings: Settings;
  targets: readonly Target[];
  log: Logger;
  clock?: Clock;
  /** Nobody else works at DATABASE_URL: what a shop that was killed had in hand need not wait for its leases. */
  alone?: boolean;
  /** The built pages, which the gateway shows; without them it serves machines only. */
  webDir?: string;
  /** Shows the first admin's generated password, once. */
  onAdminPassword?: (email: string, password: string) => void;
}

export interface Shop {
  readonly services: ReadonlyMap<string, Service>;
  readonly gateway: Gateway | undefined;
  /** Target → where it listens. */
  readonly addresses: ReadonlyMap<Target, string>;
  /** Where the pages are. */
  readonly web: string | undefined;
  stop(): Promise<void>;
}

export async function startShop(options: ShopOptions): Promise<Shop> {
  const { targets, log, clock = systemClock } = options;
  const settings = withAuditToken(options.settings, targets);
  checkOwnership();
  const rooms = targets.filter((target) => target !== 'gateway');
  await ensureDatabases(settings, rooms);

  const endTraces = await beginTraces(settings, log);
  const broker = await createBroker(settings, log);
  const services = new Map<string, Service>();
  const local = new Map<string, LocalRoom>();
  const upstream = createUpstream(settings, local);
  const client = createClient(upstream);
  const fetchKeys = async () => {
    const reply = await client.call(Jwks);
    if (!reply.ok) throw new UpstreamUnavailable('customers', `gave no keys: ${reply.status}`);
    return reply.body as JSONWebKeySet;
  };
  const gateway = targets.includes('gateway')
    ? createGateway({
        endpoints: ENDPOINTS,
        services: SERVICES,
        upstream,
        // An auditor is a part of the shop: from outside nobody is one.
        verifier: createVerifier(fetchKeys),
        log,
        openapi: gatewayDocument(),
        events: { asyncapi: eventsAsyncapi(), page: eventsPage() },
        quotas: {
          default: settings.RATE_LIMIT,
          checkout: settings.RATE_LIMIT_CHECKOUT,
          auth: settings.RATE_LIMIT_AUTH,
        },
        timeoutMs: settings.UPSTREAM_TIMEOUT_MS,
        trustProxy: settings.TRUST_PROXY,
        routes: (asked) => [...xrayRoutes(asked, clock), ...traceRoutes(ENDPOINTS), ...tapRoutes(broker)],
        web: options.webDir ? webOptions(options.webDir, settings) : undefined,
      })
    : undefined;

  const verifier = createVerifier(fetchKeys, settings.AUDIT_TOKEN);
  let stopped: Promise<void> | undefined;
  /** Once, however often it is asked for. */
  const stop = () => {
    stopped ??= end();
    return stopped;
  };
  async function end(): Promise<void> {
    await gateway?.stop();
    await broker.stopConsuming();
    // One room's last words go into another room's database: none is closed before all have spoken.
    await Promise.all([...services.values()].map((service) => service.finish()));
    await Promise.all([...services.values()].map((service) => service.stop()));
    await Promise.all([broker.close(), upstream.close()]);
    await endTraces();
  }

  try {
    const definitions = await roomDefinitions(options.onAdminPassword);
    for (const room of rooms) {
      const service = await openService({
        definition: definitions[room],
        databaseUrl: databaseUrl(settings, room),
        poolSize: settings.DATABASE_POOL_SIZE,
        broker,
        client,
        verifier,
        clock,
        log,
        settings,
        alone: options.alone === true && !settings[settingsOf(room).database],
        openapi: serviceDocument(room),
        personal: EVENTS.filter(({ publisher }) => publisher === room).flatMap((event) => event.personal),
        common: (parts) => commonRoutes(room, parts),
      });
      services.set(room, service);
      checkSubscriptions(room, service.inbox.types);
      local.set(room, service);
    }
    for (const service of services.values()) service.run();
    if (settings.SAMPLE_SHOP && services.size === SERVICES.length) await openSampleShop(services, log);

    const addresses = new Map<Target, string>();
    for (const target of targets) {
      const listener = target === 'gateway' ? gateway : services.get(target);
      const address = await listener?.listen(settings.HOST, portOf(settings, settingsOf(target).port));
      if (address) addresses.set(target, address);
    }
    const web = options.webDir ? await gateway?.listenWeb(settings.HOST, portOf(settings, 'PORT_WEB')) : undefined;
    return { services, gateway, addresses, web, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function webOptions(dir: string, settings: Settings): WebOptions {
  const connectionString = settings.AZURE_STORAGE_CONNECTION_STRING;
  const accountName = settings.AZURE_STORAGE_ACCOUNT_NAME;
  const traces = settings.OTEL_EXPORTER_OTLP_ENDPOINT !== '';
  return { dir, shopName: settings.SHOP_NAME, traces, pictureOrigins: azureOrigins({ connectionString, accountName }) };
}

async function roomDefinitions(
  onAdminPassword: ShopOptions['onAdminPassword'],
): Promise<Record<ServiceName, RoomDefinition<Settings>>> {
  const customers = createCustomers(onAdminPassword ? { onAdminPassword } : {});
  const found = await Promise.all(FOUND.map(async (name) => [name, await foundDefinition(name)] as const));
  return { catalog, inventory, orders, payments, customers, notifications, ...Object.fromEntries(found) };
}

/** What is a service by its folder alone. */
async function foundDefinition(name: string): Promise<RoomDefinition<Settings>> {
  const { service } = await import(/* @vite-ignore */ `./services/${name}/service.ts`);
  if (service?.name === name) return service;
  throw new Error(`src/services/${name}/service.ts must export "service", a room whose name is ${name}`);
}

/** In one process the rooms need no secret from outside to know each other. */
function withAuditToken(settings: Settings, targets: readonly Target[]): Settings {
  if (settings.AUDIT_TOKEN || targets.length < TARGETS.length) return settings;
  return { ...settings, AUDIT_TOKEN: randomBytes(32).toString('base64url') };
}

/** What every room has beside its own. */
function commonRoutes(room: ServiceName, parts: CommonParts): Route[] {
  const { auditor } = parts;
  const audit = auditor && room in AUDITS ? auditRoutes(AUDITS[room as Audited] as never, auditor) : [];
  const everywhere = [messageRoute(MESSAGES[room], parts), activityRoute(ACTIVITY[room], parts)];
  return [...deskRoutes(DESKS[room], parts), ...everywhere, ...audit];
}

/** Fills an empty catalogue; the shop is not ready before every room that takes what it hears has heard of it. */
async function openSampleShop(services: ReadonlyMap<string, Service>, log: Logger): Promise<void> {
  const told = await loadSampleShop((services.get('catalog') as Service).db);
  if (told.length === 0) return;
  const listeners = [...services.values()].filter(
    ({ inbox, picky }) => inbox.types.includes(ProductCreated.name) && !picky,
  );
  const limit = Date.now() + SAMPLE_SHOP_LIMIT_MS;
  for (;;) {
    const heard = await Promise.all(listeners.map(({ inbox }) => inbox.handled(told)));
    const waiting = listeners.filter((_, i) => !heard[i]).map(({ name }) => name);
    if (waiting.length === 0) return;
    if (Date.now() > limit) return log.warn({ waiting }, 'not every room has heard of the sample shop yet');
    await sleep(10);
  }
}

async function createBroker(settings: Settings, log: Logger): Promise<Broker> {
  if (!settings.AMQP_URL) return createLocalBroker(TOPOLOGY);
  return connectRabbit({ url: settings.AMQP_URL, namespace: settings.AMQP_NAMESPACE, topology: TOPOLOGY, log });
}

/** The SDK is loaded only where somebody wants to see traces. */
async function beginTraces(settings: Settings, log: Logger): Promise<() => Promise<void>> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers } = settings;
  if (!endpoint) return async () => {};
  const { createOtlpTracing } = await import('./platform/tracing-otlp.ts');
  const carrier = settings.AMQP_URL
    ? ({ system: 'rabbitmq', exchange: exchangeName(settings.AMQP_NAMESPACE) } as const)
    : ({ system: 'tradewind', exchange: '' } as const);
  const ratio = settings.OTEL_TRACES_SAMPLER_ARG;
  const tracing = createOtlpTracing({ endpoint, headers, ratio, version: VERSION, carrier, log });
  traceWith(tracing);
  return async () => {
    traceWith(undefined);
    await tracing.stop();
  };
}

/** A room of this process is a function call away; another is reached over HTTP. */
function createUpstream(settings: Settings, local: ReadonlyMap<string, LocalRoom>): Upstream {
  const here = createLocalUpstream(local);
  const there = createHttpUpstream((name) => {
    const { url, port } = settingsOf(name);
    return settings[url] || `http://127.0.0.1:${portOf(settings, port)}`;
  }, settings.UPSTREAM_TIMEOUT_MS);
  const to = (service: string) => (local.has(service) ? here : there);
  return {
    call: (endpoint, request) => to(endpoint.service).call(endpoint, request),
    health: (service) => to(service).health(service),
    close: there.close,
  };
}

/** Creates the databases that DATABASE_URL implies, where they do not exist. */
export async function ensureDatabases(settings: Settings, rooms: readonly ServiceName[]): Promise<void> {
  const implied = rooms.filter((room) => settings.DATABASE_URL && !settings[settingsOf(room).database]);
  if (implied.length === 0) return;
  const names = implied.map((room) => decodeURIComponent(new URL(databaseUrl(settings, room)).pathname.slice(1)));
  try {
    await createDatabases(settings.DATABASE_URL, names);
  } catch (error) {
    const { host } = new URL(settings.DATABASE_URL);
    throw new Error(`cannot prepare databases at ${host} (DATABASE_URL): ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** A room listens to what is declared for it, no more and no less. */
function checkSubscriptions(room: ServiceName, types: readonly string[]): void {
  const declared = TOPOLOGY[room] ?? [];
  const odd = [
    ...types.filter((type) => !declared.includes(type)),
    ...declared.filter((type) => !types.includes(type)),
  ];
  if (odd.length > 0) throw new Error(`${room} and src/contracts disagree on who listens to ${odd.join(', ')}`);
}

/** An event belongs to a service that exists; a name is declared once. */
function checkOwnership(): void {
  const names = new Set<string>();
  for (const { name, publisher } of EVENTS) {
    if (!SERVICES.includes(publisher as ServiceName)) throw new Error(`${name} belongs to nobody: ${publisher}`);
    if (names.has(name)) throw new Error(`${name} is declared twice`);
    names.add(name);
  }
}
