/** What a shop leans on beside its databases: the machine, broker, mail server, blob store, services that run elsewhere. */
import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { createTransport } from 'nodemailer';
import type { Settings } from '../config.ts';
import { settingsOf } from '../config.ts';
import { SERVICES } from '../contracts/registry.ts';
import { addressesIn } from '../platform/broker-nodes.ts';
import { connectRabbit } from '../platform/broker-rabbitmq.ts';
import { silentLog } from '../platform/log.ts';
import { openPictures, type Target, TOPOLOGY } from '../shop.ts';
import type { Check, Finding } from './finding.ts';
import { fail, ok, reasonOf, warn } from './finding.ts';

const NODE: readonly [number, number] = [20, 19];
const MB = 1_000_000;
const LEAST_SPACE = 200 * MB;
const LITTLE_SPACE = 1_000 * MB;
const SMTP_MS = 3_000;
/** A name that no picture has: what is asked for is whether the store answers. */
const NO_PICTURE = '00000000-0000-7000-8000-000000000000-small.webp';

export function surroundings(settings: Settings, targets: readonly Target[]): Check[] {
  const has = (target: Target) => targets.includes(target);
  return [
    { about: 'Node.js', look: async () => nodeFinding(process.versions.node) },
    { about: 'disk', look: () => lookAtDisk(settings.DATA_DIR) },
    ...addressesIn(settings.AMQP_URL).map((url) => ({
      about: 'broker',
      limitMs: 8_000,
      look: () => lookAtBroker(url, settings.AMQP_NAMESPACE),
    })),
    ...(has('notifications')
      ? [{ about: 'mail server', limitMs: 8_000, look: () => lookAtMail(settings.SMTP_URL) }]
      : []),
    ...(has('catalog') ? [{ about: 'pictures', limitMs: 10_000, look: () => lookAtPictures(settings) }] : []),
    ...SERVICES.filter((room) => settings[settingsOf(room).url]).map((room) => ({
      about: `service ${room}`,
      look: () => lookAtService(room, settings[settingsOf(room).url]),
    })),
  ];
}

export function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > NODE[0] || (major === NODE[0] && minor >= NODE[1])) return ok('Node.js', version);
  return fail('Node.js', `${version} is too old`, `Install ${NODE.join('.')} or newer: https://nodejs.org`);
}

async function lookAtDisk(folder: string): Promise<Finding> {
  const there = await nearest(resolve(folder));
  const about = `disk of ${folder}`;
  try {
    await access(there, constants.W_OK | constants.X_OK);
  } catch (error) {
    return fail(about, reasonOf(error), 'Give this account the right to write there, or set DATA_DIR.');
  }
  const { bavail, bsize } = await statfs(there);
  return spaceFinding(about, bavail * bsize);
}

export function spaceFinding(about: string, bytes: number): Finding {
  const free = bytes >= 10_000 * MB ? `${Math.round(bytes / 1000 / MB)} GB free` : `${Math.round(bytes / MB)} MB free`;
  if (bytes < LEAST_SPACE) return fail(about, free, 'Make room: PostgreSQL stops when there is none.');
  if (bytes < LITTLE_SPACE) return warn(about, free, 'Make room before it is full.');
  return ok(about, free);
}

/** The folder, or the one above it that is there. */
async function nearest(folder: string): Promise<string> {
  const there = await stat(folder).catch(() => undefined);
  return there || dirname(folder) === folder ? folder : nearest(dirname(folder));
}

/** Each node of a cluster by itself: the shop goes on without one, and nobody would notice. */
async function lookAtBroker(url: string, namespace: string): Promise<Finding> {
  if (!url) return ok('broker', 'one process carries the messages itself');
  const about = `RabbitMQ at ${new URL(url).host}`;
  try {
    const broker = await connectRabbit({ url, namespace, topology: TOPOLOGY, log: silentLog, patienceMs: 3_000 });
    await broker.close();
    return ok(about, 'it answers');
  } catch (error) {
    return fail(about, reasonOf(error), 'Start it, or put its address, user and password right in AMQP_URL.');
  }
}

async function lookAtMail(url: string): Promise<Finding> {
  if (!url) return ok('mail server', 'a development mailbox of its own');
  const about = `mail server at ${new URL(url).host}`;
  const limits = { connectionTimeout: SMTP_MS, greetingTimeout: SMTP_MS, socketTimeout: SMTP_MS, dnsTimeout: SMTP_MS };
  const transport = createTransport({ url, ...limits });
  try {
    await transport.verify();
    return ok(about, 'it lets the shop in');
  } catch (error) {
    return fail(
      about,
      reasonOf(error),
      'Start it, or put its address, user and password right in SMTP_URL; mails wait for it.',
    );
  } finally {
    transport.close();
  }
}

async function lookAtPictures(settings: Settings): Promise<Finding> {
  const azure = settings.AZURE_STORAGE_CONNECTION_STRING || settings.AZURE_STORAGE_ACCOUNT_NAME;
  const about = azure ? 'pictures in Azure' : 'pictures';
  try {
    const store = await openPictures(settings);
    await store.load(NO_PICTURE);
    return ok(
      about,
      azure ? `container ${settings.AZURE_STORAGE_CONTAINER_NAME} answers` : `in ${settings.DATA_DIR}/images`,
    );
  } catch (error) {
    return fail(
      about,
      reasonOf(error),
      azure ? 'Put AZURE_STORAGE_… right; uploads fail meanwhile.' : 'Let this account read it.',
    );
  }
}

async function lookAtService(room: string, url: string): Promise<Finding> {
  const about = `service ${room} at ${new URL(url).host}`;
  const reply = await fetch(new URL('/health/ready', url), { signal: AbortSignal.timeout(3_000) }).catch(
    (error) => error,
  );
  if (reply instanceof Response && reply.ok) return ok(about, 'it is ready');
  const why =
    reply instanceof Response ? `it answers ${reply.status}` : reasonOf((reply as { cause?: unknown }).cause ?? reply);
  return warn(about, why, `Start it, or put ${settingsOf(room).url} right.`);
}
