/** The generated documents, from the contracts and the settings: what they say is what runs. */

import { describeSettings } from './config.ts';
import { ENDPOINTS, EVENTS, SUBSCRIPTIONS } from './contracts/registry.ts';
import { eventsDocument } from './event-documents.ts';
import type { ReleasedEvents } from './platform/compatibility.ts';
import { asyncapi, openapi } from './platform/openapi.ts';
import { drawTable } from './platform/state-machine.ts';
import { LIFECYCLE } from './services/orders/lifecycle.ts';

export const VERSION = '0.1.0';

export function gatewayDocument(): object {
  const description =
    'Every service of the shop behind one door. Errors are RFC 9457 problems that name every fault. Its events: [/docs/events](/docs/events).';
  return openapi({ title: 'Tradewind', version: VERSION, description }, ENDPOINTS, 'gateway');
}

export function serviceDocument(service: string): object {
  const endpoints = ENDPOINTS.filter((endpoint) => endpoint.service === service);
  return openapi({ title: `Tradewind ${service}`, version: VERSION, description: '' }, endpoints, 'service');
}

/** Every event as it is today, as plain data: what a release keeps. */
export function describeEvents(): ReleasedEvents {
  const events = EVENTS.map(({ name, publisher, subject, secrets, personal, data }) => [
    name,
    { publisher, subject, secrets, personal, data },
  ]);
  return JSON.parse(JSON.stringify(Object.fromEntries(events)));
}

/** What the shop's events are, for programs. */
export function eventsAsyncapi(): object {
  const description = 'CloudEvents 1.0 over one topic exchange';
  return asyncapi({ title: 'Tradewind events', version: VERSION, description }, EVENTS, SUBSCRIPTIONS);
}

/** File name → content, for docs/generated. */
export function generatedDocuments(): Record<string, string> {
  const settings = describeSettings().map(
    ({ name, fallback, doc }) => `| \`${name}\` | ${fallback && `\`${fallback}\``} | ${doc} |`,
  );
  const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
  return {
    'openapi.json': json(gatewayDocument()),
    'asyncapi.json': json(eventsAsyncapi()),
    'events.md': eventsDocument(),
    'lifecycle.md': `# The life of an order\n\nGenerated from \`src/services/orders/lifecycle.ts\`.\n\n${drawTable(LIFECYCLE)}\n`,
    'settings.md': `# Settings\n\nGenerated from \`src/config.ts\`.\n\n| name | default | meaning |\n|---|---|---|\n${settings.join('\n')}\n`,
  };
}
