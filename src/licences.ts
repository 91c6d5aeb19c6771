/** The packages that a shop is installed with, by licence: from the lock file, so from what is really installed. */

interface Lock {
  packages: Record<string, { version?: string; license?: string; dev?: boolean; link?: boolean }>;
}

/** Permissive, or (LGPL, MPL) binding for changes to the package itself only: each was looked at. */
export const ACCEPTED: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'LGPL-3.0-or-later',
  'MIT',
  'MIT-0',
  'MPL-2.0',
  'OFL-1.1',
];

export interface Package {
  name: string;
  version: string;
  licence: string;
}

/** What is installed without the tools of developers, by name. */
export function packagesOf(lock: string): Package[] {
  const { packages } = JSON.parse(lock) as Lock;
  return Object.entries(packages)
    .filter(([path, { dev, link }]) => path.includes('node_modules/') && !dev && !link)
    .map(([path, { version = '', license = 'unknown' }]) => ({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version,
      licence: license,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether an expression of SPDX (`(MIT OR EUPL-1.1+)`, `Apache-2.0 AND MIT`) can be met with accepted licences. */
export function isAccepted(expression: string): boolean {
  const either = expression.replace(/^\((.*)\)$/, '$1').split(' OR ');
  return either.some((one) => one.split(' AND ').every((licence) => ACCEPTED.includes(licence)));
}

export function licencesDocument(lock: string): string {
  const packages = packagesOf(lock);
  const licences = [...new Set(packages.map(({ licence }) => licence))].sort();
  const sections = licences.map((licence) => {
    const names = packages.filter((one) => one.licence === licence).map(({ name, version }) => `${name} ${version}`);
    return `## ${licence}\n\n${[...new Set(names)].join(', ')}\n`;
  });
  return `# Licences\n\nOf the packages that a shop is installed with, on every platform; generated from package-lock.json.\n\n${sections.join('\n')}`;
}
