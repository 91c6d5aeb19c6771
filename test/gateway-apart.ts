/** A gateway by itself, as in a process of its own: it reaches the rooms of a shop over lines that can be cut. */
import { type Settings, settingsOf } from '../src/config.ts';
import type { ServiceName } from '../src/contracts/registry.ts';
import { SERVICES } from '../src/contracts/registry.ts';
import { silentLog } from '../src/platform/log.ts';
import type { Shop } from '../src/shop.ts';
import { startShop } from '../src/shop.ts';
import type { TestShop } from './harness.ts';
import { ADMIN } from './harness.ts';
import type { Line } from './tcp-proxy.ts';
import { openLine } from './tcp-proxy.ts';

export interface GatewayApart {
  gateway: Shop;
  /** Its address. */
  at: string;
  lines: Record<ServiceName, Line>;
  /** An admin's token, asked for at its own door: it has its keys by then, whatever is cut. */
  login(): Promise<string>;
  stop(): Promise<void>;
}

export async function gatewayApart(
  shop: TestShop,
  { webDir, ...more }: Partial<Settings> & { webDir?: string } = {},
): Promise<GatewayApart> {
  const lines = {} as Record<ServiceName, Line>;
  const urls: Record<string, string> = {};
  for (const room of SERVICES) {
    const { hostname, port } = new URL(shop.shop.addresses.get(room) as string);
    lines[room] = await openLine({ host: hostname, port: Number(port) });
    urls[settingsOf(room).url] = `http://127.0.0.1:${lines[room].port}`;
  }
  const settings: Settings = { ...shop.settings, ...urls, ...more };
  const gateway = await startShop({ settings, targets: ['gateway'], log: silentLog, ...(webDir && { webDir }) });
  const at = gateway.addresses.get('gateway') as string;
  return {
    ...{ gateway, at, lines },
    async login() {
      const headers = { 'content-type': 'application/json' };
      const reply = await fetch(`${at}/api/auth/login`, { method: 'POST', headers, body: JSON.stringify(ADMIN) });
      return ((await reply.json()) as { access_token: string }).access_token;
    },
    async stop() {
      await gateway.stop();
      await Promise.all(Object.values(lines).map((line) => line.close()));
    },
  };
}
