/** What is deployed is what there is: targets, ports and settings of the compose files are the shop's own. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeSettings, settingsOf } from '../src/config.ts';
import { FOUND } from '../src/contracts/services.ts';
import { TARGETS } from '../src/shop.ts';

const read = (name: string) => readFileSync(new URL(`../deploy/${name}`, import.meta.url), 'utf8');
const compose = read('compose.yaml');
const known = new Map(describeSettings().map(({ name, fallback }) => [name, fallback]));
/** Of a service: its part of the file. */
const partOf = (service: string) => new RegExp(`^  ${service}:\\n((?: {4}.*\\n|\\n)+)`, 'm').exec(compose)?.[1] ?? '';

test.each(TARGETS.filter((target) => !FOUND.includes(target)))('%s is a service at its own port', (target) => {
  const port = known.get(settingsOf(target).port);
  const part = partOf(target);
  expect(part).toContain(`--target=${target}]`);
  expect(part).toContain(`HEALTH_PORT: '${port}'`);
  expect(part).toContain(`'127.0.0.1:${port}:${port}'`);
  if (target !== 'gateway') expect(compose).toContain(`${settingsOf(target).url}: http://${target}:${port}\n`);
});

test('every setting is one that the shop knows', () => {
  const others = /^(HEALTH_PORT|POSTGRES_|RABBITMQ_|GF_)/;
  const named = [compose, read('compose.observability.yaml')].flatMap((text) =>
    [...text.matchAll(/\b([A-Z][A-Z0-9_]{2,}):(?=[ \n])/g)].map(([, name]) => name as string),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !known.has(name) && !others.test(name))).toEqual([]);
});

test('nothing is open to the network, and no service runs with more rights than it needs', () => {
  const ports = [...compose.matchAll(/ports: \['([^']*)'\]/g)].map(([, port]) => port as string);
  expect(ports.length).toBeGreaterThan(8);
  expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  expect(compose).toMatch(/x-service: &service[\s\S]*?read_only: true[\s\S]*?cap_drop: \[ALL\]/);
  expect(read('Dockerfile')).toMatch(/^USER 1000:1000$/m);
});

test('the pages are behind nginx, on the port of the pages', () => {
  const web = known.get('PORT_WEB');
  expect(read('nginx/shop.conf')).toContain(`proxy_pass http://gateway:${web};`);
  expect(partOf('web')).toContain(`'127.0.0.1:${web}:`);
});
