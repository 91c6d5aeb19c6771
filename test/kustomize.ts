/**
 * What `kubectl kustomize` makes of a folder, as far as deploy/kubernetes uses it, so that its tests need no kubectl. Names of
 * generated ConfigMaps have no digest here. Where kubectl is installed, the tests compare the two.
 */
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

/** Why the two are not compared. */
export const NO_KUBECTL = 'no kubectl here that knows kustomize 5';

/** A document of Kubernetes, of whichever kind. */
export interface Resource {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: read by tests that know its kind.
  [field: string]: any;
}

interface Kustomization {
  namespace?: string;
  resources?: string[];
  components?: string[];
  labels?: { pairs: Record<string, string>; includeTemplates?: boolean }[];
  images?: { name: string; newName: string; newTag: string }[];
  configMapGenerator?: { name: string; behavior?: 'merge'; envs?: string[]; files?: string[] }[];
  patches?: { path?: string; patch?: string; target: Target }[];
}

interface Target {
  group?: string;
  kind?: string;
  name?: string;
  labelSelector?: string;
}

const read = (path: string) => readFileSync(path, 'utf8');

/** All documents of a folder with a kustomization, or of a file. */
export function build(path: string): Resource[] {
  if (!statSync(path).isDirectory()) return parseAllDocuments(read(path)).map((document) => document.toJS());
  return applied(path, []);
}

/** A folder's kustomization: on its own resources, or (a component) on those that are there. */
function applied(folder: string, given: Resource[]): Resource[] {
  const own: Kustomization = parse(read(join(folder, 'kustomization.yaml')));
  let all = [...given, ...(own.resources ?? []).flatMap((path) => build(join(folder, path)))];
  for (const generator of own.configMapGenerator ?? []) all = generated(all, folder, generator);
  for (const path of own.components ?? []) all = applied(join(folder, path), all);
  for (const { path, patch, target } of own.patches ?? []) {
    const what = parse(patch ?? read(join(folder, path as string)));
    all = all.map((one) => (isMeant(one, target) ? patched(one, what) : one));
  }
  for (const one of all) {
    if (own.namespace && one.kind !== 'Namespace') one.metadata.namespace = own.namespace;
    for (const { pairs, includeTemplates } of own.labels ?? []) label(one, pairs, includeTemplates === true);
    for (const container of one.spec?.template?.spec?.containers ?? []) rename(container, own.images ?? []);
  }
  return all;
}

function generated(
  all: Resource[],
  folder: string,
  { name, behavior, envs = [], files = [] }: NonNullable<Kustomization['configMapGenerator']>[number],
): Resource[] {
  const lines = envs.flatMap((path) => read(join(folder, path)).split('\n'));
  const pairs = lines.filter((line) => line && !line.startsWith('#')).map((line) => line.split(/=(.*)/s).slice(0, 2));
  const data = {
    ...Object.fromEntries(pairs),
    ...Object.fromEntries(files.map((path) => [basename(path), read(join(folder, path))])),
  };
  const map: Resource = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
  if (behavior !== 'merge') return [...all, map];
  return all.map((one) =>
    one.kind === 'ConfigMap' && one.metadata.name === name ? { ...one, data: { ...one.data, ...data } } : one,
  );
}

function isMeant({ apiVersion, kind, metadata }: Resource, target: Target): boolean {
  const [label, value] = target.labelSelector?.split('=') ?? [];
  return (
    (target.kind ?? kind) === kind &&
    (target.name ?? metadata.name) === metadata.name &&
    (target.group === undefined || dirname(apiVersion) === target.group) &&
    (label === undefined || metadata.labels?.[label] === value)
  );
}

/** What lists are merged by; others are replaced. What a CRD has is not known to kustomize, and its lists are replaced. */
const KEYS: Record<string, string> = { containers: 'name', env: 'name', volumes: 'name', volumeMounts: 'mountPath' };

type Json = Record<string, unknown>;

function patched(one: Resource, patch: unknown): Resource {
  if (!Array.isArray(patch)) {
    const { metadata, ...others } = patch as Json;
    return merged(one, others) as Resource;
  }
  const copy = structuredClone(one);
  for (const { op, path, value } of patch as { op: string; path: string; value: unknown }[]) {
    if (op !== 'replace') throw new Error(`${op} is not known here`);
    const steps = path.slice(1).split('/');
    const last = steps.pop() as string;
    const parent = steps.reduce((at, step) => at?.[step] as Json, copy as Json);
    if (parent?.[last] === undefined) throw new Error(`there is nothing at ${path} of ${one.metadata.name}`);
    parent[last] = value;
  }
  return copy;
}

const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

function merged(below: Json, above: Json): Json {
  const result = { ...below };
  for (const [name, value] of Object.entries(above)) {
    const old = result[name];
    const key = KEYS[name];
    if (isMap(value) && isMap(old)) result[name] = merged(old, value);
    else if (key && Array.isArray(value) && Array.isArray(old)) result[name] = mergedLists(old, value, key);
    else result[name] = structuredClone(value);
  }
  return result;
}

/** What the patch brings comes first. */
function mergedLists(old: Json[], more: Json[], key: string): Json[] {
  const same = (one: Json) => more.find((other) => other[key] === one[key]);
  const added = more.filter((one) => !old.some((other) => other[key] === one[key]));
  return [...structuredClone(added), ...old.map((one) => merged(one, same(one) ?? {}))];
}

function label(one: Resource, pairs: Record<string, string>, templates: boolean): void {
  one.metadata.labels = { ...one.metadata.labels, ...pairs };
  if (!templates) return;
  const inside = [one.spec?.template, ...(one.spec?.volumeClaimTemplates ?? [])].filter(Boolean);
  for (const { metadata } of inside) metadata.labels = { ...metadata.labels, ...pairs };
}

function rename(container: { image: string }, images: NonNullable<Kustomization['images']>): void {
  const found = images.find(({ name }) => container.image === name);
  if (found) container.image = `${found.newName}:${found.newTag}`;
}
