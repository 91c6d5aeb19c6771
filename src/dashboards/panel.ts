/** Grafana's dashboards as data: a dashboard is sections of panels, placed from left to right, and each panel a few queries. */

/** A query and the name of its lines. */
export type Query = readonly [expr: string, legend: string];

export interface Panel {
  title: string;
  /** What it shows, and what to do when it looks wrong. */
  about: string;
  kind: 'graph' | 'stack' | 'stat' | 'table';
  /** Of Grafana: s, bytes, percentunit, reqps, ops, short. */
  unit: string;
  queries: readonly Query[];
  /** Of 24. */
  width?: number;
  /** From here it is to be looked at, and from here it is bad. */
  limits?: readonly [warn: number, bad: number];
}

export interface Section {
  title: string;
  panels: readonly Panel[];
}

export interface Dashboard {
  /** Its address, and the name of its file. */
  name: string;
  title: string;
  about: string;
  /** Shows a choice of services, for queries with `service=~"$service"`. */
  chooses?: boolean;
  sections: readonly Section[];
}

const SCHEMA = 39;
const SOURCE = { type: 'prometheus', uid: '$datasource' };
const [GREEN, YELLOW, RED] = ['green', 'yellow', 'red'];
const HEIGHT = { graph: 8, stack: 8, stat: 4, table: 8 };
const WIDTH = { graph: 8, stack: 8, stat: 4, table: 12 };
const COLUMNS = 24;

/** `sum by (…) (rate(…))` of a counter. */
export const rate = (metric: string, by = '') =>
  `sum ${by && `by (${by}) `}(rate(${metric}[$__rate_interval]))`.replace('sum (', 'sum(');

/** A quantile of a histogram; `matchers` as in `{…}`. */
export const quantile = (part: number, metric: string, matchers = '', by = '') =>
  `histogram_quantile(${part}, sum by (${['le', by].filter(Boolean).join(', ')}) (rate(${metric}_bucket${matchers && `{${matchers}}`}[$__rate_interval])))`;

/** The usual three, of all together. */
export const quantiles = (metric: string, matchers = ''): Query[] => [
  [quantile(0.5, metric, matchers), 'half are faster'],
  [quantile(0.95, metric, matchers), '95 %'],
  [quantile(0.99, metric, matchers), '99 %'],
];

/** Where to read on: the entry of an alert. */
export const entry = (alert: string) => `Runbook: ${alert}.`;

export function dashboardJson(dashboard: Dashboard): string {
  const { name, title, about, chooses = false, sections } = dashboard;
  const variables: object[] = [
    { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', refresh: 1 },
  ];
  if (chooses) variables.push(serviceChoice());
  const json = {
    uid: `tradewind-${name}`,
    title: `Tradewind: ${title}`,
    description: about,
    tags: ['tradewind'],
    schemaVersion: SCHEMA,
    version: 1,
    editable: true,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    timezone: 'browser',
    graphTooltip: 1,
    links: [{ type: 'dashboards', title: 'Tradewind', tags: ['tradewind'], asDropdown: true, keepTime: true }],
    templating: { list: variables },
    annotations: { list: [] },
    panels: placed(sections),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

function serviceChoice(): object {
  const query = 'label_values(tradewind_collector_success, service)';
  return {
    name: 'service',
    label: 'Service',
    type: 'query',
    datasource: SOURCE,
    definition: query,
    query: { query, refId: 'services' },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: ['All'], value: ['$__all'] },
  };
}

function placed(sections: readonly Section[]): object[] {
  const all: object[] = [];
  let y = 0;
  const add = (panel: object) => all.push({ id: all.length + 1, ...panel });
  for (const { title, panels } of sections) {
    add({ type: 'row', title, collapsed: false, panels: [], gridPos: { x: 0, y, w: COLUMNS, h: 1 } });
    y += 1;
    let [x, tallest] = [0, 0];
    for (const panel of panels) {
      const [w, h] = [panel.width ?? WIDTH[panel.kind], HEIGHT[panel.kind]];
      if (x + w > COLUMNS) {
        y += tallest;
        [x, tallest] = [0, 0];
      }
      add(panelJson(panel, { x, y, w, h }));
      x += w;
      tallest = Math.max(tallest, h);
    }
    y += tallest;
  }
  return all;
}

function panelJson({ title, about, kind, unit, queries, limits }: Panel, gridPos: object): object {
  const table = kind === 'table';
  const targets = queries.map(([expr, legendFormat], i) => ({
    refId: String.fromCharCode(65 + i),
    datasource: SOURCE,
    expr,
    legendFormat,
    editorMode: 'code',
    ...(kind === 'graph' || kind === 'stack' ? { range: true } : { instant: true, range: false }),
    ...(table && { format: 'table' }),
  }));
  return {
    ...SHAPES[kind],
    title,
    description: about,
    datasource: SOURCE,
    gridPos,
    targets,
    fieldConfig: {
      defaults: {
        unit,
        ...(kind !== 'table' && { min: 0 }),
        thresholds: { mode: 'absolute', steps: stepsOf(limits) },
        color: { mode: kind === 'stat' ? 'thresholds' : 'palette-classic' },
        ...(kind === 'graph' || kind === 'stack' ? { custom: lines(kind === 'stack', limits !== undefined) } : {}),
        ...(table && { custom: { cellOptions: { type: limits ? 'color-background' : 'auto' } } }),
      },
      overrides: [],
    },
  };
}

const LEGEND = { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] };
const SHAPES = {
  graph: { type: 'timeseries', options: { legend: LEGEND, tooltip: { mode: 'multi', sort: 'desc' } } },
  stack: { type: 'timeseries', options: { legend: LEGEND, tooltip: { mode: 'multi', sort: 'desc' } } },
  stat: {
    type: 'stat',
    options: {
      colorMode: 'background',
      graphMode: 'none',
      textMode: 'auto',
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    },
  },
  table: {
    type: 'table',
    options: { showHeader: true, cellHeight: 'sm' },
    // One row for each combination of labels; what only says where it was scraped is no news.
    transformations: [{ id: 'organize', options: { excludeByName: { Time: true, __name__: true } } }],
  },
};

function lines(stacked: boolean, limited: boolean): object {
  return {
    drawStyle: 'line',
    lineWidth: 1,
    fillOpacity: stacked ? 30 : 5,
    showPoints: 'never',
    spanNulls: false,
    stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
    thresholdsStyle: { mode: limited ? 'dashed' : 'off' },
  };
}

/** Where little is bad (0.9, then 0.7), what is below a limit is meant. */
function stepsOf(limits: Panel['limits']): object[] {
  if (!limits) return [{ color: GREEN, value: null }];
  const [warn, bad] = limits;
  if (bad < warn) {
    return [
      { color: RED, value: null },
      { color: YELLOW, value: bad },
      { color: GREEN, value: warn },
    ];
  }
  return [
    { color: GREEN, value: null },
    { color: YELLOW, value: warn },
    { color: RED, value: bad },
  ];
}
