/** What stands where somebody may not read. */
export const MASK = '••••••••';

/** JSON with the values of some names masked, at any depth. */
export function maskIn(names: readonly string[], value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => maskIn(names, one));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, one]) => [
    name,
    names.includes(name) && one !== null ? MASK : maskIn(names, one),
  ]);
  return Object.fromEntries(entries);
}
