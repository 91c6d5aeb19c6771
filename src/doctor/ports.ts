/** Ports that a start would take: free, or taken by the very shop. */
import { portOf, type Settings, settingsOf } from '../config.ts';
import { SERVICES } from '../contracts/registry.ts';
import { requireFreePort } from '../embedded/port.ts';
import { databaseUrl, TARGETS, type Target } from '../shop.ts';
import type { Check, Finding } from './finding.ts';
import { fail, ok } from './finding.ts';

type PortName = Parameters<typeof portOf>[1];

interface Wanted {
  name: PortName;
  host: string;
  /** Where a shop answers; undefined for what speaks no HTTP. */
  health?: string;
}

function wantedPorts(settings: Settings, targets: readonly Target[]): Wanted[] {
  const wanted: Wanted[] = targets.map((target) => ({
    name: settingsOf(target).port,
    host: settings.HOST,
    health: '/health',
  }));
  if (targets.includes('gateway')) wanted.push({ name: 'PORT_WEB', host: settings.HOST, health: '/api/health' });
  if (targets.length < TARGETS.length) return wanted;
  const own = '127.0.0.1';
  if (!settings.SMTP_URL) wanted.push({ name: 'PORT_SMTP', host: own }, { name: 'PORT_MAILBOX', host: own });
  if (SERVICES.some((room) => !databaseUrl(settings, room))) wanted.push({ name: 'PORT_POSTGRES', host: own });
  return wanted;
}

export function portCheck(settings: Settings, targets: readonly Target[]): Check {
  return {
    about: 'ports',
    async look() {
      const wanted = wantedPorts(settings, targets);
      const looked = await Promise.all(wanted.map(async (one) => ({ ...one, found: await lookAtPort(settings, one) })));
      const running = looked.some(({ found }) => found === 'shop');
      // What speaks no HTTP cannot say whose it is.
      const bad = looked.filter(({ found, health }) => found !== 'free' && found !== 'shop' && (health || !running));
      const twice = twiceGiven(settings, wanted);
      if (bad.length + twice.length === 0)
        return ok('ports', running ? `${wanted.length} of this shop, which is running` : `${wanted.length} are free`);
      return [...twice, ...bad.map(({ name, found }) => taken(settings, name, found))];
    },
  };
}

/** Free, ours, or why not. */
async function lookAtPort(settings: Settings, { name, host, health }: Wanted): Promise<string> {
  const port = portOf(settings, name);
  if (port === 0) return 'free';
  try {
    await requireFreePort(port, host, name);
    return 'free';
  } catch (error) {
    if (!health) return (error as Error).message;
    const address =
      host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
    const answer = await fetch(`http://${address}:${port}${health}`, { signal: AbortSignal.timeout(2_000) })
      .then((reply) => reply.json())
      .catch(() => undefined);
    const isShop = ['ok', 'degraded', 'down'].includes((answer as { status?: string } | undefined)?.status ?? '');
    return isShop ? 'shop' : (error as Error).message;
  }
}

function taken(settings: Settings, name: PortName, why: string): Finding {
  return fail(`port ${portOf(settings, name)}`, why, `End what uses it, or set ${name}, or move all with PORT_OFFSET.`);
}

function twiceGiven(settings: Settings, wanted: readonly Wanted[]): Finding[] {
  const names = new Map<number, PortName[]>();
  for (const { name } of wanted) {
    const port = portOf(settings, name);
    if (port !== 0) names.set(port, [...(names.get(port) ?? []), name]);
  }
  return [...names]
    .filter(([, some]) => some.length > 1)
    .map(([port, some]) => fail(`port ${port}`, `${some.join(' and ')} are the same`, 'Give each a port of its own.'));
}
