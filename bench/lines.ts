/** Figures over time as a picture: panels below each other with one axis of time, each from zero. */

export interface Panel {
  title: string;
  lines: { name: string; points: readonly { at: number; value: number }[] }[];
}

const PAGE = { width: 900, left: 80, right: 190, top: 64, panel: 150, gap: 46 };
const markup = (text: string) => text.replace(/[<>&"]/g, (one) => `&#${one.charCodeAt(0)};`);

/** `at` in seconds. */
export function linesChart({ title, about, panels }: { title: string; about: string; panels: Panel[] }): string {
  const height = PAGE.top + panels.length * (PAGE.panel + PAGE.gap) + 10;
  const until = Math.max(
    1,
    ...panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points.map(({ at }) => at))),
  );
  const parts = panels.map((panel, i) => drawPanel(panel, PAGE.top + i * (PAGE.panel + PAGE.gap), until));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${PAGE.width} ${height}" font-family="system-ui, sans-serif" font-size="13">
<title>${markup(title)}</title>
<style>.paper{fill:#fff}text{fill:#1f2937}.quiet{fill:#6b7280}.rule{stroke:#d1d5db}polyline{fill:none;stroke-width:2}
.s0{stroke:#0f766e}.s1{stroke:#b45309}.s2{stroke:#6d28d9}text.s0,text.s1,text.s2{stroke:none}text.s0{fill:#0f766e}text.s1{fill:#b45309}text.s2{fill:#6d28d9}
@media (prefers-color-scheme: dark){.paper{fill:#111827}text{fill:#e5e7eb}.quiet{fill:#9ca3af}.rule{stroke:#374151}
.s0{stroke:#2dd4bf}.s1{stroke:#fbbf24}.s2{stroke:#c4b5fd}text.s0{fill:#2dd4bf}text.s1{fill:#fbbf24}text.s2{fill:#c4b5fd}}</style>
<rect width="100%" height="100%" class="paper"/>
<text x="20" y="26" font-size="16" font-weight="600">${markup(title)}</text>
<text x="20" y="46" class="quiet">${markup(about)}</text>
${parts.join('\n')}
</svg>
`;
}

function drawPanel({ title, lines }: Panel, top: number, until: number): string {
  const most = roundUp(Math.max(1, ...lines.flatMap(({ points }) => points.map(({ value }) => value))));
  const base = top + PAGE.panel;
  const end = PAGE.width - PAGE.right;
  const x = (at: number) => (PAGE.left + ((end - PAGE.left) * at) / until).toFixed(1);
  const y = (value: number) => base - ((PAGE.panel - 22) * value) / most;
  const rules = [0, most / 2, most].map(
    (value) => `<line x1="${PAGE.left}" x2="${end}" y1="${y(value)}" y2="${y(value)}" class="rule"/>
<text x="${PAGE.left - 8}" y="${y(value) + 4}" text-anchor="end" class="quiet">${value.toLocaleString('en')}</text>`,
  );
  // Names that end near each other are moved apart.
  const ends = lines.map(({ points }, i) => ({ i, y: y(points.at(-1)?.value ?? 0) + 4 })).sort((a, b) => b.y - a.y);
  for (const [n, one] of ends.entries()) if (n > 0) one.y = Math.min(one.y, (ends[n - 1] as typeof one).y - 16);
  const drawn = lines.map(({ name, points }, i) => {
    const path = points.map(({ at, value }) => `${x(at)},${y(value).toFixed(1)}`).join(' ');
    return `<polyline points="${path}" class="s${i % 3}"/>
<text x="${end + 8}" y="${ends.find((one) => one.i === i)?.y.toFixed(1)}" class="s${i % 3}">${markup(name)}</text>`;
  });
  return `<text x="20" y="${top + 6}" font-weight="600">${markup(title)}</text>
${rules.join('\n')}
<text x="${end}" y="${base + 16}" text-anchor="end" class="quiet">${Math.round(until)} s</text>
${drawn.join('\n')}`;
}

/** To 1, 2 or 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}
