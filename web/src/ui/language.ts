/**
 * The first of the reader's languages that Intl knows. A system may name its own in other ways (`en_US.UTF-8`,
 * `en-US@posix`), which Intl refuses: what stands before the rest is taken for it, and English where nothing is left.
 */
export function languageOf(wished: readonly string[]): string {
  for (const one of wished) {
    const tag = one.replace(/[.@].*$/, '').replaceAll('_', '-');
    try {
      const [known] = Intl.getCanonicalLocales(tag);
      if (known) return known;
    } catch {
      // The next one, then.
    }
  }
  return 'en';
}
