/** What a look at one part of an installation found, and how it is told. */

/** `fail`: the shop will not start, or will not do what it is for. `warn`: it will, and somebody should look. */
export type Level = 'ok' | 'warn' | 'fail';

export interface Finding {
  level: Level;
  /** What was looked at, for example `port 9000`. */
  about: string;
  detail: string;
  /** One sentence; of what is well there is none. */
  remedy?: string;
}

export const ok = (about: string, detail: string): Finding => ({ level: 'ok', about, detail });
export const warn = (about: string, detail: string, remedy: string): Finding => ({
  level: 'warn',
  about,
  detail,
  remedy,
});
export const fail = (about: string, detail: string, remedy: string): Finding => ({
  level: 'fail',
  about,
  detail,
  remedy,
});

/** A part of an installation, and how to look at it. */
export interface Check {
  about: string;
  /** After this a look is given up. */
  limitMs?: number;
  look: () => Promise<Finding | Finding[]>;
}

const LIMIT_MS = 4_000;

/** All at once, told in the order given. What fails, or takes too long, is a finding as well. */
export async function lookAt(checks: readonly Check[]): Promise<Finding[]> {
  const found = await Promise.all(checks.map(lookOnce));
  return found.flat();
}

async function lookOnce({ about, limitMs = LIMIT_MS, look }: Check): Promise<Finding | Finding[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((resolve) => {
    const detail = `no answer within ${limitMs / 1000} s`;
    timer = setTimeout(
      () => resolve(fail(about, detail, 'See whether it runs, and whether it can be reached.')),
      limitMs,
    );
  });
  try {
    return await Promise.race([look(), late]);
  } catch (error) {
    return fail(about, reasonOf(error), 'See whether its settings are right, and whether it can be reached.');
  } finally {
    clearTimeout(timer);
  }
}

/** A name with several addresses fails once for each of them. */
export function reasonOf(error: unknown): string {
  const { message, code, errors = [] } = error as AggregateError & { code?: string };
  return message || errors.map((one) => (one as Error).message).join(', ') || code || 'it failed';
}

/** Without what must not be shown. */
export function scrubbed(findings: readonly Finding[], secrets: readonly string[]): Finding[] {
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
  const clean = (text: string) => longestFirst.reduce((cleaned, secret) => cleaned.replaceAll(secret, '…'), text);
  return findings.map(({ detail, remedy, ...rest }) => ({
    ...rest,
    detail: clean(detail),
    ...(remedy !== undefined && { remedy: clean(remedy) }),
  }));
}

const MARKS: Record<Level, string> = { ok: '✓', warn: '!', fail: '✗' };

/** One line for each, and for what is not well a second one with its remedy. */
export function told(findings: readonly Finding[]): string {
  const lines = findings.map(({ level, about, detail, remedy }) => {
    const line = `${MARKS[level]} ${about}: ${detail.replaceAll('\n', ' ')}`;
    return remedy ? `${line}\n    → ${remedy}` : line;
  });
  const count = (level: Level) => findings.filter((one) => one.level === level).length;
  const [failed, warned] = [count('fail'), count('warn')];
  const sum =
    failed + warned === 0
      ? 'All is well'
      : [failed > 0 && `${failed} to mend (✗)`, warned > 0 && `${warned} to look at (!)`].filter(Boolean).join(', ');
  return `${lines.join('\n')}\n\n${sum}`;
}
