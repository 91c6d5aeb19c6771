/** What is deployed to Kubernetes is what there is: targets, ports, settings, calls, metrics and probes are the shop's own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { describeSettings, readSettings, settingsOf } from '../src/config.ts';
import { SERVICES, type ServiceName } from '../src/contracts/registry.ts';
import { VERSION } from '../src/documents.ts';
import { addressesIn } from '../src/platform/broker-nodes.ts';
import type { Endpoint } from '../src/platform/contract.ts';
import { createHttpServer, mountOperations } from '../src/platform/http.ts';
import { createMetrics } from '../src/platform/telemetry.ts';
import { TARGETS, type Target } from '../src/shop.ts';
import { requireOutside } from '../src/targets.ts';
import { build, NO_KUBECTL, type Resource } from './kustomize.ts';

const FOLDER = 'deploy/kubernetes';
const OVERLAYS = ['small', 'production'] as const;
const rendered = Object.fromEntries(OVERLAYS.map((name) => [name, build(`${FOLDER}/overlays/${name}`)]));
const small = rendered.small as Resource[];
const production = rendered.production as Resource[];
const read = (path: string) => readFileSync(path, 'utf8');
const portOf = (target: string) =>
  Number(describeSettings().find(({ name }) => name === settingsOf(target).port)?.fallback);

const ofKind = (all: readonly Resource[], ...kinds: string[]) => all.filter(({ kind }) => kinds.includes(kind));
const named = (all: readonly Resource[], kind: string, name: string) =>
  ofKind(all, kind).find(({ metadata }) => metadata.name === name) as Resource;
const workloads = (all: readonly Resource[]) => ofKind(all, 'Deployment', 'StatefulSet');
const podOf = ({ spec }: Resource) => spec.template.spec;
const labelsOf = ({ spec }: Resource) => spec.template.metadata.labels as Record<string, string>;
/** The shop's own. */
const processes = (all: readonly Resource[]) =>
  workloads(all).filter((one) => labelsOf(one)['app.kubernetes.io/component'] === 'process');
const shopOf = (one: Resource) => podOf(one).containers[0] as Container;

interface Container {
  name: string;
  image: string;
  args: string[];
  ports: { name: string; containerPort: number }[];
  env: {
    name: string;
    value?: string;
    valueFrom?: { secretKeyRef: { name: string; key: string; optional?: boolean } };
  }[];
  [field: string]: unknown;
}

/** Of the kubectl on this machine; 0 without one. Older ones know neither components nor labels as they are used here. */
function kustomizeVersion(): number {
  const { error, stdout } = spawnSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' });
  return error ? 0 : Number(/"kustomizeVersion": "v(\d+)/.exec(stdout)?.[1] ?? 0);
}

describe.each(OVERLAYS)('overlays/%s', (overlay) => {
  const all = rendered[overlay] as Resource[];

  test('is what kubectl makes of it', ({ skip }) => {
    skip(kustomizeVersion() < 5, NO_KUBECTL);
    const text = execFileSync('kubectl', ['kustomize', `${FOLDER}/overlays/${overlay}`], { encoding: 'utf8' });
    const digests = /\b(settings|web)-[a-z0-9]{10}\b/g;
    const theirs = parseAllDocuments(text.replace(digests, '$1')).map((document) => document.toJS());
    const key = ({ kind, metadata }: Resource) => `${kind} ${metadata.name}`;
    const sorted = (some: readonly Resource[]) => some.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
    expect(sorted(all)).toEqual(sorted(theirs));
  });

  test('has nothing twice, nothing secret, and all in one namespace', () => {
    const names = all.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    expect(ofKind(all, 'Secret')).toEqual([]);
    expect(all.filter(({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== 'tradewind')).toEqual([]);
  });

  test('of the shop there is one version, this one; whatever else runs says which', () => {
    const images = workloads(all).flatMap((one) => podOf(one).containers.map(({ image }: Container) => image));
    const ours = images.filter((image) => image.includes('tradewind'));
    expect([...new Set(ours)]).toEqual([`registry.example.com/tradewind:${VERSION}`]);
    expect(ours.length).toBe(processes(all).length);
    expect(images.filter((image) => !/:[\w.-]*\d/.test(image))).toEqual([]);
  });

  test('no pod has more rights than it needs, and each has its limits', () => {
    for (const one of workloads(all)) {
      const pod = podOf(one);
      expect(pod, one.metadata.name).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(pod.securityContext.runAsUser).toBeGreaterThan(0);
      for (const container of pod.containers) {
        expect(container, one.metadata.name).toMatchObject({
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          resources: {
            requests: { cpu: expect.any(String), memory: expect.any(String) },
            limits: { cpu: expect.any(String), memory: expect.any(String) },
          },
        });
        const mounted = container.volumeMounts.map(({ name }: { name: string }) => name);
        const there = [...(pod.volumes ?? []), ...(one.spec.volumeClaimTemplates ?? [])].map(
          (volume) => volume.name ?? volume.metadata.name,
        );
        expect(mounted.sort()).toEqual(there.sort());
      }
    }
  });

  test('a pod that goes has time: for those who still call it, and for what it has in hand', () => {
    const stop = Number(/STOP_LIMIT_MS = ([\d_]+)/.exec(read('src/main.ts'))?.[1]?.replace('_', '')) / 1000;
    expect(stop).toBeGreaterThan(1);
    for (const one of processes(all)) {
      const [command, seconds] = (shopOf(one).lifecycle as { preStop: { exec: { command: string[] } } }).preStop.exec
        .command as [string, string];
      expect(command).toBe('sleep');
      expect(podOf(one).terminationGracePeriodSeconds).toBeGreaterThan(Number(seconds) + stop);
    }
  });

  test('every port and every selector leads to something', () => {
    const pods = podsOf(all);
    const selects = (selector: Selector) => pods.some(([, labels]) => meets(selector, labels));
    const selectors: Selector[] = [
      ...workloads(all).map(({ spec }) => spec.selector),
      ...ofKind(all, 'Service').map(({ spec }) => ({ matchLabels: spec.selector })),
      ...ofKind(all, 'PodDisruptionBudget', 'PodMonitor').map(({ spec }) => spec.selector),
      ...ofKind(all, 'NetworkPolicy').flatMap(({ spec }) => [
        spec.podSelector,
        ...[...(spec.ingress ?? []), ...(spec.egress ?? [])]
          .flatMap(({ from = [], to = [] }) => [...from, ...to])
          .flatMap(({ podSelector }) => (podSelector ? [podSelector] : [])),
      ]),
      ...workloads(all).flatMap((one) =>
        (podOf(one).topologySpreadConstraints ?? []).map(
          ({ labelSelector }: { labelSelector: Selector }) => labelSelector,
        ),
      ),
    ];
    expect(selectors.length).toBeGreaterThan(8);
    expect(selectors.filter((selector) => !selects(selector))).toEqual([]);

    for (const { metadata, spec } of ofKind(all, 'Service')) {
      const meant = workloads(all).find(
        (one) => labelsOf(one)['app.kubernetes.io/name'] === spec.selector['app.kubernetes.io/name'],
      ) as Resource;
      for (const { port, targetPort } of spec.ports) {
        const found = shopOf(meant).ports.find(({ name }) => name === targetPort);
        expect(found, `${metadata.name}: ${targetPort}`).toBeDefined();
        if (metadata.name !== 'web') expect(found?.containerPort).toBe(port);
      }
    }
    const backend = named(all, 'Ingress', 'shop').spec.rules[0].http.paths[0].backend.service;
    expect(named(all, 'Service', backend.name).spec.ports[0].name).toBe(backend.port.name);
  });

  test('a selector finds its own pods only', () => {
    for (const one of workloads(all)) {
      const { matchLabels } = one.spec.selector;
      const found = workloads(all).filter((other) =>
        Object.entries(matchLabels).every(([name, value]) => labelsOf(other)[name] === value),
      );
      expect(found.map(({ metadata }) => metadata.name)).toEqual([one.metadata.name]);
    }
  });

  test('the pages are behind nginx, at the name and port of the gateway, and nowhere without TLS', () => {
    const conf = named(all, 'ConfigMap', 'web').data['nginx.conf'];
    const { port } = named(all, 'Service', 'gateway').spec.ports.find(({ name }: { name: string }) => name === 'web');
    expect(conf).toContain(`server gateway:${port};`);
    expect(port).toBe(portOf('web'));
    expect(conf).toMatch(/^ *add_header Strict-Transport-Security "max-age=\d{7,}.*" always;$/m);
    const { tls, rules } = named(all, 'Ingress', 'shop').spec;
    expect(tls[0].hosts).toEqual(rules.map(({ host }: { host: string }) => host));
    expect(named(all, 'ConfigMap', 'settings').data.SHOP_URL).toBe(`https://${tls[0].hosts[0]}`);
  });

  test('every probe asks for what is answered, at a port that is listened on', async () => {
    const app = createHttpServer();
    const probes = { ready: async () => undefined, summary: async () => ({ status: 'ok' as const }) };
    await mountOperations(app, { probes: probes as never, metrics: createMetrics('any'), openapi: {} });
    for (const one of processes(all)) {
      const container = shopOf(one);
      for (const kind of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
        const { path, port } = (container[kind] as { httpGet: { path: string; port: string } }).httpGet;
        expect((await app.inject(path)).statusCode, `${one.metadata.name} ${path}`).toBe(200);
        const target = targetsOf(one).includes('gateway') ? 'gateway' : (targetsOf(one)[0] as Target);
        expect(container.ports.find(({ name }) => name === port)?.containerPort).toBe(portOf(target));
      }
    }
    await app.close();
  });

  test.each(
    processes(all).map((one) => [one.metadata.name, one] as const),
  )('%s starts with its settings: each is one, right, and all that is needed', (_name, one) => {
    const env = environmentOf(all, one);
    const settings = readSettings({ env, dotenv: '', flags: [] });
    const known = new Set(describeSettings().map(({ name }) => name));
    const used = shopOf(one).env.filter(({ name }) =>
      shopOf(one).env.some(({ value }) => value?.includes(`$(${name})`)),
    );
    const others = Object.keys(env).filter((name) => !known.has(name) && !used.some((other) => other.name === name));
    expect(others).toEqual([]);
    const targets = targetsOf(one);
    if (targets.length < TARGETS.length) requireOutside(settings, targets);
  });

  test('nginx is believed when it says who calls, and nobody from outside is', async () => {
    const gateway = processes(all).find((one) => targetsOf(one).includes('gateway')) as Resource;
    const app = createHttpServer({ trustProxy: environmentOf(all, gateway).TRUST_PROXY ?? '' });
    app.get('/who', async ({ ip }) => ip);
    const headers = { 'x-forwarded-for': '198.51.100.7' };
    const seenFrom = async (remoteAddress: string) => (await app.inject({ url: '/who', headers, remoteAddress })).body;
    // Where clusters have their pods.
    for (const pod of ['10.1.2.3', '172.20.0.9', '192.168.7.7', '100.64.3.2'])
      expect(await seenFrom(pod), pod).toBe('198.51.100.7');
    expect(await seenFrom('203.0.113.1')).toBe('203.0.113.1');
    await app.close();
  });

  test('what a process reads of secrets is told how to make, or made by an operator', () => {
    const told = read('docs/kubernetes.md');
    const made = (name: string, key: string) =>
      (name === 'rabbitmq-default-user' &&
        ['username', 'password'].includes(key) &&
        ofKind(all, 'RabbitmqCluster').length > 0) ||
      (key === 'uri' && ofKind(all, 'Cluster').some(({ metadata }) => name === `${metadata.name}-app`));
    const asked = [
      ...workloads(all)
        .flatMap((one) => podOf(one).containers.flatMap(({ env = [] }: Container) => env))
        .flatMap(({ valueFrom }) => (valueFrom ? [valueFrom.secretKeyRef] : [])),
      ...ofKind(all, 'ObjectStore').flatMap(({ spec }) => Object.values(spec.configuration.azureCredentials)),
    ] as { name: string; key: string }[];
    expect(asked.length).toBeGreaterThan(4);
    const untold = asked.filter(({ name, key }) => {
      const command = new RegExp(`create secret generic ${name} ((?:.*\\\\\\n)*.*)`).exec(told)?.[1] ?? '';
      return !made(name, key) && !command.includes(`--from-literal=${key}=`);
    });
    expect(untold).toEqual([]);
    for (const { secretName } of named(all, 'Ingress', 'shop').spec.tls)
      expect(told).toContain(`secret tls ${secretName} `);
  });
});

interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string }[];
}

function targetsOf(one: Resource): readonly Target[] {
  const target = shopOf(one).args[0]?.replace('--target=', '');
  return target === 'all' ? TARGETS : [target as Target];
}

/** Secrets as their settings want them. */
const STAND_INS: Record<string, string> = {
  STRIPE_SECRET_KEY: 'sk_test_1',
  STRIPE_WEBHOOK_SECRET: 'whsec_1',
  SMTP_URL: 'smtp://mail.example.com',
  AUDIT_TOKEN: 'a-secret-of-16-letters',
  AZURE_STORAGE_ACCOUNT_NAME: 'pictures',
  AZURE_STORAGE_ACCOUNT_KEY: 'c2VjcmV0IGVub3VnaA==',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_FROM: '+15005550006',
};
const standIn = (name: string) =>
  name.endsWith('_DATABASE_URL') ? 'postgresql://a:b@host:5432/c' : (STAND_INS[name] ?? 'a-long-secret');

/** What a process finds, as Kubernetes puts it together: a `$(NAME)` is known if it stands before. */
function environmentOf(all: readonly Resource[], one: Resource): Record<string, string> {
  const container = shopOf(one);
  const from = (container.envFrom as { configMapRef: { name: string } }[]).map(({ configMapRef }) => configMapRef.name);
  const env: Record<string, string> = Object.assign({}, ...from.map((name) => named(all, 'ConfigMap', name).data));
  for (const { name, value } of container.env) {
    env[name] = value?.replace(/\$\((\w+)\)/g, (whole, other) => env[other] ?? whole) ?? standIn(name);
    expect(env[name], name).not.toMatch(/\$\(/);
  }
  return env;
}

/** `from → to:port` for each pair of pods, of what one side allows. */
function allowed(all: readonly Resource[], side: 'ingress' | 'egress'): string[] {
  const pods = podsOf(all);
  const portsOf = (name: string) =>
    new Map(
      podsNamed(all, name)
        .flatMap((one) => shopOf(one).ports)
        .map((port) => [port.name, port.containerPort]),
    );
  const found = new Set<string>();
  for (const [own, labels] of pods) {
    const rules = ofKind(all, 'NetworkPolicy')
      .filter(({ spec }) => meets(spec.podSelector, labels))
      .flatMap(({ spec }) => spec[side] ?? []);
    for (const { from = [], to = [], ports } of rules) {
      const selectors = [...from, ...to].flatMap((peer) =>
        peer.podSelector && !peer.namespaceSelector ? [peer.podSelector] : [],
      );
      for (const [other] of pods.filter(([, others]) => selectors.some((selector) => meets(selector, others)))) {
        const [caller, called] = side === 'ingress' ? [other, own] : [own, other];
        for (const { port } of ports) found.add(`${caller} → ${called}:${portsOf(called).get(port) ?? port}`);
      }
    }
  }
  return [...found].sort();
}

/** Of all that runs: its name, and its labels. */
function podsOf(all: readonly Resource[]): [string, Record<string, string>][] {
  const clusters = ofKind(all, 'Cluster').map(({ metadata: { name } }) => [name, { 'cnpg.io/cluster': name }]);
  // Made by operators, with labels of theirs.
  const brokers = ofKind(all, 'RabbitmqCluster').map(({ metadata: { name } }) => [
    name,
    { 'app.kubernetes.io/name': name, 'app.kubernetes.io/component': 'rabbitmq' },
  ]);
  return [...workloads(all).map((one) => [one.metadata.name, labelsOf(one)]), ...clusters, ...brokers] as never;
}

const podsNamed = (all: readonly Resource[], name: string) =>
  workloads(all).filter(({ metadata }) => metadata.name === name);

const meets = ({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Record<string, string>) =>
  Object.entries(matchLabels).every(([name, value]) => labels[name] === value) &&
  matchExpressions.every(({ key, operator }) => operator === 'Exists' && key in labels);

describe('production', () => {
  const deployed = new Map(processes(production).map((one) => [targetsOf(one)[0] as Target, one]));

  test('has every target, each by itself at its own port and under the name by which it is called', () => {
    expect([...deployed.keys()].sort()).toEqual([...TARGETS].sort());
    const { data } = named(production, 'ConfigMap', 'settings');
    for (const [target, one] of deployed) {
      expect(one.metadata.name).toBe(target);
      expect(shopOf(one).ports.find(({ name }) => name === 'http')?.containerPort).toBe(portOf(target));
      if (target === 'gateway') continue;
      expect(data[settingsOf(target).url]).toBe(
        `http://${named(production, 'Service', target).metadata.name}:${portOf(target)}`,
      );
    }
  });

  test('is replaced without a gap, and never emptied', () => {
    const both = [...deployed.values(), named(production, 'Deployment', 'web')];
    for (const { metadata, spec } of both) {
      expect(spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
      expect(named(production, 'PodDisruptionBudget', metadata.name).spec).toMatchObject({
        maxUnavailable: 1,
        selector: spec.selector,
      });
    }
  });

  test('each has one autoscaler, of two replicas at least, and what it asks for is measured', () => {
    const scaled = ofKind(production, 'HorizontalPodAutoscaler', 'ScaledObject');
    expect(scaled.map(({ spec }) => spec.scaleTargetRef.name).sort()).toEqual([...TARGETS].sort());
    for (const { spec } of scaled) {
      expect(spec.minReplicas ?? spec.minReplicaCount).toBeGreaterThanOrEqual(2);
      // Or each apply would undo what the autoscaler has done.
      expect(named(production, 'Deployment', spec.scaleTargetRef.name).spec.replicas).toBeUndefined();
    }
    // A running shop has every metric of the dashboards (metrics.test.ts).
    const dashboards = readdirSync('deploy/dashboards')
      .map((name) => read(`deploy/dashboards/${name}`))
      .join('\n');
    const queries = ofKind(production, 'ScaledObject').flatMap(({ metadata, spec }) =>
      spec.triggers.flatMap((trigger: { type: string; metadata: { query: string } }) =>
        trigger.type === 'prometheus' ? [[metadata.name, trigger.metadata.query] as const] : [],
      ),
    );
    expect(queries.map(([name]) => name).sort()).toEqual([
      ...['inventory', 'notifications', 'orders', 'payments', 'webhooks'],
    ]);
    for (const [name, query] of queries) {
      const [, metric, service] = /^max\((\w+)\{service="(\w+)"\}\)$/.exec(query) ?? [];
      expect(service, query).toBe(name);
      expect(dashboards, query).toMatch(new RegExp(`\\b${metric}\\b`));
    }
  });

  test('each database is its own, copied and backed up, and takes all sessions of all replicas', () => {
    const clusters = ofKind(production, 'Cluster');
    expect(clusters.map(({ metadata }) => metadata.name).sort()).toEqual(SERVICES.map((room) => `${room}-db`).sort());
    for (const room of SERVICES) {
      const { spec } = named(production, 'Cluster', `${room}-db`);
      expect(spec).toMatchObject({
        instances: 3,
        postgresql: { synchronous: { number: 1, dataDurability: 'required', failoverQuorum: true } },
      });
      const url = shopOf(deployed.get(room) as Resource).env.filter(({ name }) => name.endsWith('DATABASE_URL'));
      expect(url).toEqual([
        { name: settingsOf(room).database, valueFrom: { secretKeyRef: { name: `${room}-db-app`, key: 'uri' } } },
      ]);
      expect(named(production, 'ScheduledBackup', `${room}-db`).spec.cluster.name).toBe(`${room}-db`);
      const store = named(production, 'ObjectStore', 'backups').metadata.name;
      expect(spec.plugins[0].parameters.barmanObjectName).toBe(store);
      const scaling = ofKind(production, 'HorizontalPodAutoscaler', 'ScaledObject').find(
        (one) => one.spec.scaleTargetRef.name === room,
      )?.spec;
      // One more while it is replaced; some for the operator.
      const most = (scaling?.maxReplicas ?? scaling?.maxReplicaCount) + 1;
      const pool = readSettings({
        env: environmentOf(production, deployed.get(room) as Resource),
        dotenv: '',
        flags: [],
      });
      expect(Number(spec.postgresql.parameters.max_connections)).toBeGreaterThanOrEqual(
        most * pool.DATABASE_POOL_SIZE + 20,
      );
    }
  });

  test('RabbitMQ has three nodes, and every process knows all of them', () => {
    const { metadata, spec } = named(production, 'RabbitmqCluster', 'rabbitmq');
    expect(spec.replicas).toBe(3);
    const nodes = Array.from(
      { length: spec.replicas },
      (_, i) => `${metadata.name}-server-${i}.${metadata.name}-nodes`,
    );
    for (const one of deployed.values()) {
      const { AMQP_URL = '' } = environmentOf(production, one);
      expect(addressesIn(AMQP_URL).map((address) => new URL(address).hostname)).toEqual(nodes);
    }
  });

  test('pictures are in Azure: a folder would be another one in every replica', () => {
    const env = environmentOf(production, deployed.get('catalog') as Resource);
    expect(readSettings({ env, dotenv: '', flags: [] }).AZURE_STORAGE_ACCOUNT_KEY).not.toBe('');
    // The gateway needs to know where they are, and no key.
    const gateway = shopOf(deployed.get('gateway') as Resource).env.map(({ name }) => name);
    expect(gateway).toContain('AZURE_STORAGE_ACCOUNT_NAME');
    expect(gateway.filter((name) => /KEY|TOKEN|DATABASE/.test(name))).toEqual([]);
  });

  describe('the network allows the calls that there are, and no others', () => {
    /** Who calls whom, as the code does. */
    async function calls(): Promise<string[]> {
      const to = (from: string, service: string) => `${from} → ${service}:${portOf(service)}`;
      return [
        `web → gateway:${portOf('web')}`,
        ...SERVICES.map((room) => to('gateway', room)),
        // Whoever answers requests asks customers for the keys of tokens.
        ...SERVICES.filter((room) => room !== 'customers').map((room) => to(room, 'customers')),
        // Only orders calls others beside that (architecture.test.ts).
        ...(await calledByOrders()).map((room) => to('orders', room)),
        ...TARGETS.map((target) => `${target} → rabbitmq:5672`),
        ...SERVICES.map((room) => `${room} → ${room}-db:5432`),
      ];
    }

    /** By the contracts that those of its files import which call others. */
    async function calledByOrders(): Promise<ServiceName[]> {
      const folder = 'src/services/orders';
      const callers = readdirSync(folder)
        .filter((name) => /(?<!\.test)\.ts$/.test(name))
        .map((name) => read(join(folder, name)))
        .filter((text) => text.includes("platform/client.ts'"));
      const imports = callers.flatMap((text) => [
        ...text.matchAll(/\{([^{}]*)\} from '..\/..\/(contracts\/[\w-]+\.ts)'/g),
      ]);
      const services = new Set<ServiceName>();
      for (const [, names = '', file] of imports) {
        const contract = await import(/* @vite-ignore */ `../src/${file}`);
        const values = names.split(',').map((name) => contract[name.trim()]);
        for (const one of values.flatMap((value) => [value, ...Object.values(Object(value))] as Partial<Endpoint>[]))
          if (one?.method && one.path) services.add(one.service as ServiceName);
      }
      return [...services].filter((service) => service !== 'orders');
    }

    /** What operators need of their own pods. */
    const inside = (call: string) => /^(\w+-db → \w+-db|rabbitmq → rabbitmq):/.test(call);

    test('orders calls those who keep books, and customers', async () => {
      expect((await calledByOrders()).sort()).toEqual(['customers', 'inventory', 'notifications', 'payments']);
    });

    test.each(['ingress', 'egress'] as const)('%s', async (side) => {
      const found = allowed(production, side).filter((call) => !inside(call));
      expect(found).toEqual([...new Set(await calls())].sort());
    });

    test('whatever is not named is denied, and only those go out who must', () => {
      const nothing = named(production, 'NetworkPolicy', 'nothing').spec;
      expect(nothing).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
      const policies = ofKind(production, 'NetworkPolicy');
      const out = policies.filter(({ spec }) =>
        spec.egress?.some(({ to = [] }: { to?: { ipBlock?: object }[] }) => to.some(({ ipBlock }) => ipBlock)),
      );
      expect(out.map(({ metadata }) => metadata.name).sort()).toEqual([
        'catalog',
        'notifications',
        'payments',
        'webhooks',
      ]);
      for (const { spec } of policies) {
        const directions = [spec.ingress ? 'Ingress' : '', spec.egress ? 'Egress' : ''].filter(Boolean);
        expect(spec.policyTypes).toEqual(directions.length > 0 ? directions : ['Ingress', 'Egress']);
      }
    });
  });
});

describe('small', () => {
  test('is one process and never two: without a broker it carries the messages itself', () => {
    const [shop, ...more] = processes(small) as [Resource, ...Resource[]];
    expect(more).toEqual([]);
    expect(shop.spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
    expect(shop.spec.strategy).toEqual({ type: 'Recreate' });
    expect(targetsOf(shop)).toEqual(TARGETS);
    expect(environmentOf(small, shop)).not.toHaveProperty('AMQP_URL');
    expect(ofKind(small, 'HorizontalPodAutoscaler', 'ScaledObject')).toEqual([]);
  });

  test('its network allows nginx, the process and the database to call each other in this order', () => {
    const calls = ['shop → postgres:5432', `web → shop:${portOf('web')}`];
    expect([allowed(small, 'ingress'), allowed(small, 'egress')]).toEqual([calls, calls]);
  });

  test('its pictures and its database are on volumes, and its database is where it looks', () => {
    const [shop] = processes(small) as [Resource];
    const mounts = shopOf(shop).volumeMounts as { name: string; mountPath: string }[];
    expect(mounts.map(({ mountPath }) => mountPath)).toContain('/data');
    expect(read('deploy/Dockerfile')).toContain('DATA_DIR=/data');
    const { hostname, port } = new URL(environmentOf(small, shop).DATABASE_URL as string);
    expect(named(small, 'Service', hostname).spec.ports[0].port).toBe(Number(port));
  });
});

describe('every document is one that Kubernetes or its operator knows', () => {
  const KINDS: Record<string, string> = {
    Namespace: 'core/v1',
    Service: 'core/v1',
    ConfigMap: 'core/v1',
    PersistentVolumeClaim: 'core/v1',
    Deployment: 'apps/v1',
    StatefulSet: 'apps/v1',
    NetworkPolicy: 'networking/v1',
    Ingress: 'networking/v1',
    PodDisruptionBudget: 'policy/v1',
    HorizontalPodAutoscaler: 'autoscaling/v2',
  };
  let folder: string;
  beforeAll(() => {
    // Where packages are found.
    folder = mkdtempSync(join('node_modules', '.kubernetes-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What the compiler says of documents as values of their types: a field that there is not, or of another type, is an error. */
  function compiled(documents: readonly Resource[]): string {
    const lines = documents.map(({ kind, ...rest }, i) => {
      const from = KINDS[kind] ? `kubernetes-types/${KINDS[kind]}.js` : '../../test/kubernetes-crds.ts';
      return `export const d${i}: import('${from}').${kind} = ${JSON.stringify({ kind, ...rest })};`;
    });
    const file = join(folder, 'documents.ts');
    writeFileSync(file, lines.join('\n'));
    const flags =
      '--ignoreConfig --noEmit --strict --skipLibCheck --allowImportingTsExtensions --module nodenext --types';
    const { stdout } = spawnSync(join('node_modules', '.bin', 'tsc'), [...flags.split(' '), '', file], {
      encoding: 'utf8',
    });
    return stdout.replaceAll(/^.*documents\.ts\((\d+),\d+\)/gm, (_, line) => {
      const { kind, metadata } = documents[Number(line) - 1] as Resource;
      return `${kind} ${metadata.name}`;
    });
  }

  test.each(OVERLAYS)('overlays/%s', (overlay) => {
    expect(compiled(rendered[overlay] as Resource[])).toBe('');
  });

  test('the alerts are those of every Prometheus, as a document', () => {
    const alerts = build('deploy/dashboards/alerts-kubernetes.yaml');
    expect(compiled(alerts)).toBe('');
    expect(alerts.map(({ spec }) => spec)).toEqual(build('deploy/dashboards/alerts.yaml'));
  });

  test('a misspelt field, a wrong type and a kind that is none are told', () => {
    const wrong = structuredClone(production);
    named(wrong, 'Deployment', 'orders').spec.template.spec.containers[0].readinesProbe = {};
    named(wrong, 'Cluster', 'orders-db').spec.instances = '3';
    named(wrong, 'ScaledObject', 'orders').spec.cooldown = 5;
    const said = compiled(wrong);
    for (const about of [
      /^Deployment orders: .*readinesProbe/m,
      /^Cluster orders-db: /m,
      /^ScaledObject orders: .*cooldown/m,
    ])
      expect(said).toMatch(about);
  });
});
