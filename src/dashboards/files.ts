/** What a shop that is watched needs, as files: Grafana's dashboards, Prometheus' alerts, and whom it asks. */
import { describeSettings, settingsOf } from '../config.ts';
import { SERVICES } from '../contracts/services.ts';
import { alertResource, alertRules } from './alerts.ts';
import { business } from './business.ts';
import { messaging } from './messaging.ts';
import { overview } from './overview.ts';
import type { Dashboard } from './panel.ts';
import { dashboardJson } from './panel.ts';
import { serviceBoard } from './service.ts';

const TARGETS = ['gateway', ...SERVICES] as const;
export const BOARDS: readonly Dashboard[] = [overview, ...TARGETS.map(serviceBoard), messaging, business];

/** File name → content, for deploy/dashboards. */
export function dashboardFiles(): Record<string, string> {
  const boards = BOARDS.map((board) => [`${board.name}.json`, dashboardJson(board)]);
  return {
    ...Object.fromEntries(boards),
    'alerts.yaml': alertRules(),
    'alerts-kubernetes.yaml': alertResource(),
    'prometheus.yaml': scrapeConfig('for a shop on this machine at its usual ports', () => 'localhost'),
    'prometheus-compose.yaml': scrapeConfig('for the services of deploy/compose.yaml', (target) => target),
  };
}

/** Every series says its service itself; the label here is for `up`, which Prometheus writes. */
function scrapeConfig(what: string, hostOf: (target: string) => string): string {
  const settings = describeSettings();
  const portOf = (target: string) => settings.find(({ name }) => name === settingsOf(target).port)?.fallback;
  const targets = TARGETS.map(
    (target) => `      - targets: ["${hostOf(target)}:${portOf(target)}"]
        labels:
          service: ${target}`,
  );
  return `# Generated from src/dashboards/files.ts by npm run docs: ${what}.
global:
  scrape_interval: 15s
  evaluation_interval: 15s
rule_files:
  - alerts.yaml
scrape_configs:
  - job_name: tradewind
    honor_labels: true
    static_configs:
${targets.join('\n')}
`;
}
