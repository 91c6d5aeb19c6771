/** Where to go after a login: a place of this shop. A link to the login must not lead people elsewhere. */
export function placeOf(next: string | null, fallback: string): string {
  if (!next || !URL.canParse(next, location.origin)) return fallback;
  const { origin, pathname, search } = new URL(next, location.origin);
  return origin === location.origin && next.startsWith('/') ? pathname + search : fallback;
}
