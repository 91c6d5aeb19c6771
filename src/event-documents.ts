/** The events of the shop for people: a page at the gateway's /docs/events, and a picture of who tells whom for the docs. */
import { EVENTS, SERVICES, SUBSCRIPTIONS } from './contracts/registry.ts';
import type { EventContract } from './platform/contract.ts';

interface Schema {
  type?: string;
  format?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

const listeners = (event: EventContract) => SERVICES.filter((service) => SUBSCRIPTIONS[service].includes(event));

/** `string (uuid) | null`, `"pending" | "failed"`, `object[]`. */
export function typeWords(schema: Schema): string {
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeWords))].join(' | ');
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.items) return `${typeWords(schema.items).replace(/^(.* \| .*)$/, '($1)')}[]`;
  return `${schema.type ?? 'any'}${schema.format ? ` (${schema.format})` : ''}`;
}

/** The properties of an object and of those in it, by their paths: `items[].product_id`. */
export function propertiesOf(schema: Schema, path = ''): { path: string; schema: Schema; required: boolean }[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const at = `${path}${name}`;
    const inside = property.items?.properties ? property.items : property;
    const below = inside.properties ? propertiesOf(inside, inside === property ? `${at}.` : `${at}[].`) : [];
    return [{ path: at, schema: property, required: schema.required?.includes(name) ?? false }, ...below];
  });
}

/** Who tells whom, as a drawing, and each event in a line. */
export function eventsDocument(): string {
  const edges = new Map<string, string[]>();
  for (const event of EVENTS) {
    for (const service of listeners(event)) {
      // Whatever merchants may subscribe to would hide the rest.
      if (service === ('webhooks' as string)) continue;
      const edge = `${event.publisher} --> ${service}`;
      edges.set(edge, [...(edges.get(edge) ?? []), event.name]);
    }
  }
  const arrows = [...edges].map(([edge, names]) => {
    const [from, to] = edge.split(' --> ');
    return `  ${from} -->|"${names.join('<br>')}"| ${to}`;
  });
  const rows = EVENTS.map(
    (event) => `| \`${event.name}\` | ${event.publisher} | ${listeners(event).join(', ')} | ${event.summary} |`,
  );
  return [
    '# Events\n\nGenerated from `src/contracts`. What is in them: `/docs/events` of a running shop, or asyncapi.json here.\n',
    `\`\`\`mermaid\nflowchart LR\n${arrows.join('\n')}\n\`\`\`\n`,
    `| event | from | heard by | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`,
  ].join('\n');
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** One page without a script: it can be read, searched and printed. */
export function eventsPage(): string {
  const contents = EVENTS.map(({ name }) => `<li><a href="#${name}">${name}</a></li>`).join('');
  const sections = EVENTS.map(sectionOf).join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tradewind events</title>
<style>${STYLE}</style>
</head>
<body>
<nav aria-label="Events"><ol>${contents}</ol></nav>
<main>
<h1>Events</h1>
<p>What the services tell each other, and <a href="https://www.cloudevents.io">CloudEvents</a> tell others: JSON, by the routing key
that is the event’s name. Within a name nothing is taken away. For programs: <a href="/asyncapi.json">asyncapi.json</a>
(AsyncAPI 3). The HTTP API: <a href="/docs">/docs</a>.</p>
${sections}
</main>
</body>
</html>
`;
}

function sectionOf(event: EventContract): string {
  const notes = (name: string) =>
    [
      event.secrets.includes(name) && 'a secret: masked wherever people look on',
      event.personal.includes(name) && 'says who somebody is',
    ].filter((one) => one !== false);
  const rows = propertiesOf(event.data as Schema).map(({ path, schema, required }) => {
    const words = [schema.description, ...notes(path)].filter(Boolean).join('; ');
    const may = required ? '' : ' <em>may be missing</em>';
    return `<tr><td><code>${escaped(path)}</code>${may}</td><td>${escaped(typeWords(schema))}</td><td>${escaped(words)}</td></tr>`;
  });
  const heard = listeners(event);
  return `<section id="${event.name}">
<h2><a href="#${event.name}">${event.name}</a></h2>
<p>${escaped(event.summary)}.</p>
<p class="soft">From <strong>${event.publisher}</strong>, heard by ${heard.length > 0 ? heard.join(', ') : 'nobody yet'}. Its
subject is <code>data.${event.subject}</code>.</p>
<div class="wide" tabindex="0" role="region" aria-label="Data of ${event.name}"><table>
<thead><tr><th>data</th><th>type</th><th>meaning</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table></div>
</section>`;
}

const STYLE = `
:root { color-scheme: light dark; background: Canvas; color: CanvasText; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; overflow-wrap: anywhere; display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; box-sizing: border-box; padding: 1.5rem 1rem; font-size: .875rem; }
ol { margin: 0; padding: 0; list-style: none; }
nav a { display: block; padding: .2rem 0; }
main { padding: 1.5rem; max-width: 60rem; }
section { margin-top: 3rem; scroll-margin-top: 1rem; }
h2 a { color: inherit; text-decoration: none; }
.soft { opacity: .75; }
.wide { overflow-x: auto; }
td { overflow-wrap: normal; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent); }
em { font-size: .8em; opacity: .75; white-space: nowrap; }
@media (width <= 50rem) { body { display: block; } nav { position: static; height: auto; } main { padding: 1rem; } }
`;
