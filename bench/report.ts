/** What was measured, as a table for people, JSON for machines, and a picture. */
import type { Compared } from './blocking.ts';
import type { Limit } from './limit.ts';
import type { Result } from './run.ts';

export interface Report {
  at: string;
  machine: string;
  node: string;
  seconds: number;
  limit?: Limit;
  /** The best rate of whole orders, as a part of the limit. */
  of_limit?: number;
  blocking?: Compared[];
  shops: {
    shape: string;
    started_in_seconds: number;
    idle_cpu_percent: Record<string, number>;
    idle_memory_mb: Record<string, number>;
  }[];
  results: Result[];
}

const round = (value: number, digits = 0) => (Number.isFinite(value) ? Number(value.toFixed(digits)) : '–');
const pair = (spread: { p50: number; p99: number } | undefined, digits = 1) =>
  spread ? `${round(spread.p50, digits)} / ${round(spread.p99, digits)}` : '–';

const OTHERS = ['postgres', 'rabbitmq'];

/** What each target has to itself, as one figure of Node. */
function together(figures: Readonly<Record<string, number>>): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [kind, figure] of Object.entries(figures)) {
    const name = OTHERS.includes(kind) ? kind : 'node';
    sums[name] = (sums[name] ?? 0) + figure;
  }
  return sums;
}

export function rowOf({ scenario, cost, ...result }: Result) {
  const refused = Object.entries(result.refused).map(([status, count]) => `${count} × ${status}`);
  return {
    scenario,
    'accepted/s': round(result.accepted_per_second),
    'whole/s': round(result.whole_per_second),
    'checkout p50/p99 ms': pair(result.checkout_ms),
    'whole p50/p99 ms': pair(result.whole_ms, 0),
    'mails/s': round(result.mails_per_second),
    'CPU ms/order': Object.entries(together(cost?.cpu_ms ?? {}))
      .map(([kind, ms]) => `${kind} ${round(ms, 2)}`)
      .join(' '),
    'WAL kB': cost ? round(cost.wal_bytes / 1024, 1) : '–',
    commits: cost ? round(cost.commits, 2) : '–',
    rows: cost ? round(cost.rows, 1) : '–',
    MB: Object.entries(together(result.memory_mb))
      .map(([kind, mb]) => `${kind} ${round(mb)}`)
      .join(' '),
    refused: refused.join(', ') || '–',
  };
}

const BAR = { width: 900, height: 26, label: 250, top: 60 };
const markup = (text: string) => text.replace(/[<>&"]/g, (one) => `&#${one.charCodeAt(0)};`);

/** Whole orders a second, a bar each. */
export function chart({ results, limit, machine, at }: Report): string {
  const bars = results
    .filter(({ read_ms }) => !read_ms)
    .map(({ scenario, whole_per_second }) => ({ name: scenario, value: whole_per_second, limit: false }));
  if (limit) bars.push({ name: 'the limit: the same rows, nothing else', value: limit.rate, limit: true });
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const height = BAR.top + bars.length * BAR.height + 20;
  const rows = bars.map(({ name, value, limit: isLimit }, i) => {
    const y = BAR.top + i * BAR.height;
    const width = Math.max(1, ((BAR.width - BAR.label - 90) * value) / most);
    return `<text x="${BAR.label - 10}" y="${y + 15}" text-anchor="end">${markup(name)}</text>
<rect x="${BAR.label}" y="${y + 3}" width="${width.toFixed(1)}" height="${BAR.height - 9}" rx="3" class="${isLimit ? 'limit' : 'bar'}"/>
<text x="${(BAR.label + width + 8).toFixed(1)}" y="${y + 15}">${Math.round(value).toLocaleString('en')}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${BAR.width} ${height}" font-family="system-ui, sans-serif" font-size="13">
<style>.paper{fill:#fff}text{fill:#1f2937}.bar{fill:#0f766e}.limit{fill:#9ca3af}.quiet{fill:#6b7280}
@media (prefers-color-scheme: dark){.paper{fill:#111827}text{fill:#e5e7eb}.bar{fill:#2dd4bf}.limit{fill:#6b7280}.quiet{fill:#9ca3af}}</style>
<rect width="100%" height="100%" class="paper"/>
<text x="20" y="26" font-size="16" font-weight="600">Whole orders a second, placed until the notification is recorded</text>
<text x="20" y="46" class="quiet">${markup(machine)}, ${at.slice(0, 10)}</text>
${rows.join('\n')}
</svg>
`;
}
