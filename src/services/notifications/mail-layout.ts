/**
 * How a mail looks, in HTML and in text, with the same content in both. The HTML is tables with inline styles, because
 * that is what mail clients agree on; no pictures, so nothing is lost when they are off; a style block makes it dark and
 * narrow where that is understood. Every value is escaped, and no value can break out of its line. Pure.
 */
import { escapeHtml, money, oneLine } from './mail-words.ts';

export interface Mail {
  subject: string;
  html: string;
  text: string;
}

export interface Line {
  name: string;
  quantity: number;
  unit_price: string;
  line_total: string;
}

export interface Link {
  label: string;
  url: string;
}

export type Block =
  | { paragraph: string }
  | { button: Link }
  | { link: Link }
  | { lines: readonly Line[]; currency: string; total: string; refunded: string | null }
  /** Side by side where there is room: address, tracking. */
  | { facts: readonly { label: string; lines: readonly string[] }[] }
  | { next: string };

export interface Content {
  /** What an inbox shows beside the subject. */
  preheader: string;
  /** In one glance. */
  status: { text: string; tone: 'good' | 'wait' | 'bad' };
  heading: string;
  blocks: readonly Block[];
  /** Why they get this, and how to change it. */
  why: string;
  manage?: Link | undefined;
}

export interface Frame {
  shop: string;
  shopUrl: string;
}

const NEXT = 'What happens next';

export function render(subject: string, content: Content, frame: Frame): Mail {
  return { subject, html: html(subject, content, frame), text: text(content, frame) };
}

// ── text ──

function text({ status, heading, blocks, why, manage }: Content, { shop, shopUrl }: Frame): string {
  const footer = [oneLine(why), ...(manage ? [`${oneLine(manage.label)}: ${manage.url}`] : []), `${shop}: ${shopUrl}`];
  const parts = [
    `${shop.toUpperCase()}`,
    `${oneLine(heading)}\n${oneLine(status.text)}`,
    ...blocks.map(textBlock),
    `-- \n${footer.join('\n')}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function textBlock(block: Block): string {
  if ('paragraph' in block) return oneLine(block.paragraph);
  if ('button' in block) return `${oneLine(block.button.label)}: ${block.button.url}`;
  if ('link' in block) return `${oneLine(block.link.label)}: ${block.link.url}`;
  if ('next' in block) return `${NEXT}\n${oneLine(block.next)}`;
  if ('facts' in block) {
    return block.facts
      .map(({ label, lines }) => [label, ...lines.map((line) => `  ${oneLine(line)}`)].join('\n'))
      .join('\n\n');
  }
  const { currency, total, refunded } = block;
  const rows = block.lines.map((line) => {
    const each = line.quantity > 1 ? ` (${money(line.unit_price, currency)} each)` : '';
    return `${line.quantity} × ${oneLine(line.name)}${each}: ${money(line.line_total, currency)}`;
  });
  const sums = [`Total: ${money(total, currency)}`, ...(refunded ? [`Refunded: ${money(refunded, currency)}`] : [])];
  return [...rows, ...sums].join('\n');
}

// ── HTML ──

const FONT = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const INK = 'color:#17191c';
const SOFT = 'color:#5b6169';
const RULE = '#e5e6e3';
const TONES = { good: '#1b7a4b', wait: '#8a5a00', bad: '#b3261e' };
/** The same in the dark, by class, for clients that ask: Apple Mail and others by the media query, Outlook by its attribute. */
const DARK: [string, string][] = [
  ['.page', 'background:#101213!important'],
  ['.card', 'background:#1a1d1f!important;border-color:#2b2f32!important'],
  ['.ink', 'color:#f3f4f2!important'],
  ['.soft', 'color:#b3b8bd!important'],
  ['.rule', 'border-color:#33383c!important'],
  ['.quiet', 'background:#222629!important'],
  ['.button', 'background:#f3f4f2!important'],
  ['.button a', 'color:#17191c!important'],
  ['.good', 'color:#6fcf9c!important'],
  ['.wait', 'color:#e3b341!important'],
  ['.bad', 'color:#ff9a92!important'],
];
const STYLE = [
  ':root{color-scheme:light dark;supported-color-schemes:light dark}',
  'body{margin:0;padding:0;-webkit-text-size-adjust:100%}',
  'a{word-break:break-word}',
  `@media (prefers-color-scheme:dark){${DARK.map(([where, what]) => `${where}{${what}}`).join('')}}`,
  ...DARK.map(([where, what]) => `[data-ogsc] ${where}{${what}}`),
  '@media (max-width:480px){.pad{padding:28px 22px!important}.col{display:block!important;width:100%!important;padding-right:0!important}',
  '.heading{font-size:23px!important;line-height:30px!important}.outer{padding:20px 10px!important}}',
].join('\n');

const TABLE = '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"';
const body = (size: number, leading: number) => `${FONT};font-size:${size}px;line-height:${leading}px`;

function html(subject: string, content: Content, { shop, shopUrl }: Frame): string {
  const { preheader, status, heading, blocks, why, manage } = content;
  const home = escapeHtml(shopUrl);
  const footer = [
    escapeHtml(why),
    ...(manage ? [anchor(manage, `class="soft" style="${SOFT};text-decoration:underline"`)] : []),
  ];
  return `<!doctype html>
<html lang="en" dir="ltr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no">
<title>${escapeHtml(subject)}</title><style>
${STYLE}
</style></head>
<body class="page" style="margin:0;padding:0;background:#f4f4f1">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">${escapeHtml(preheader)}${'&#8199;&#847; '.repeat(40)}</div>
${TABLE} class="page" style="background:#f4f4f1"><tr><td class="outer" align="center" style="padding:36px 16px">
${TABLE} style="max-width:600px"><tr><td style="padding:0 4px 18px">
<a href="${home}" class="ink" style="${body(17, 24)};${INK};font-weight:700;letter-spacing:.01em;text-decoration:none">${escapeHtml(shop)}</a>
</td></tr><tr><td class="card pad" style="background:#ffffff;border:1px solid ${RULE};border-radius:14px;padding:36px 40px">
<p class="${status.tone}" style="margin:0 0 8px;${body(14, 20)};font-weight:600;color:${TONES[status.tone]}">${escapeHtml(status.text)}</p>
<h1 class="ink heading" style="margin:0 0 18px;${body(26, 34)};font-weight:700;letter-spacing:-.01em;${INK}">${escapeHtml(heading)}</h1>
${blocks.map(htmlBlock).join('\n')}
</td></tr><tr><td class="soft" style="padding:22px 4px 0;${body(13, 20)};${SOFT}">
${footer.join('<br>\n')}
</td></tr></table>
</td></tr></table>
</body></html>
`;
}

function htmlBlock(block: Block): string {
  if ('paragraph' in block) {
    return `<p class="ink" style="margin:0 0 14px;${body(16, 25)};${INK}">${escapeHtml(block.paragraph)}</p>`;
  }
  if ('button' in block) return button(block.button);
  if ('link' in block) {
    const words = anchor(block.link, `class="ink" style="${INK};text-decoration:underline"`);
    return `<p class="ink" style="margin:0 0 20px;${body(15, 23)};${INK}">${words}</p>`;
  }
  if ('next' in block) return next(block.next);
  return 'facts' in block ? facts(block.facts) : lines(block);
}

const anchor = ({ label, url }: Link, attributes: string) =>
  `<a href="${escapeHtml(url)}" ${attributes}>${escapeHtml(label)}</a>`;

function button(link: Link): string {
  const style = `display:inline-block;padding:13px 24px;${body(16, 22)};font-weight:600;color:#ffffff;text-decoration:none`;
  return `<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:10px 0 22px"><tr>
<td class="button" style="background:#17191c;border-radius:9px">${anchor(link, `style="${style}"`)}</td></tr></table>`;
}

function next(words: string): string {
  return `${TABLE} style="margin:8px 0 0"><tr><td class="quiet" style="background:#f4f4f1;border-radius:10px;padding:16px 18px">
<h2 class="ink" style="margin:0 0 4px;${body(14, 20)};font-weight:600;${INK}">${NEXT}</h2>
<p class="soft" style="margin:0;${body(14, 22)};${SOFT}">${escapeHtml(words)}</p></td></tr></table>`;
}

function facts(all: readonly { label: string; lines: readonly string[] }[]): string {
  const cells = all.map(
    ({
      label,
      lines,
    }) => `<td class="col" width="${Math.floor(100 / all.length)}%" valign="top" style="padding:0 18px 18px 0">
<h2 class="soft" style="margin:0 0 4px;${body(13, 18)};font-weight:600;${SOFT}">${escapeHtml(label)}</h2>
<p class="ink" style="margin:0;${body(15, 23)};${INK};word-break:break-word">${lines.map(escapeHtml).join('<br>')}</p></td>`,
  );
  return `${TABLE} style="margin:4px 0"><tr>${cells.join('\n')}</tr></table>`;
}

function lines({ lines, currency, total, refunded }: Extract<Block, { lines: unknown }>): string {
  const head = (label: string, align: string) =>
    `<th scope="col" class="soft rule" align="${align}" style="padding:0 0 8px;border-bottom:1px solid ${RULE};${body(13, 18)};font-weight:600;${SOFT}">${label}</th>`;
  const amount = (value: string) => escapeHtml(money(value, currency));
  const rows = lines.map(({ name, quantity, unit_price, line_total }) => {
    const each = `${quantity} × ${amount(unit_price)}`;
    return `<tr><td class="rule" style="padding:12px 16px 12px 0;border-bottom:1px solid ${RULE}">
<span class="ink" style="${body(15, 22)};${INK};word-break:break-word">${escapeHtml(name)}</span><br>
<span class="soft" style="${body(14, 20)};${SOFT}">${each}</span></td>
<td class="ink rule" align="right" valign="top" style="padding:12px 0;border-bottom:1px solid ${RULE};white-space:nowrap;${body(15, 22)};${INK}">${amount(line_total)}</td></tr>`;
  });
  const sum = (label: string, value: string, tone: string, style: string) =>
    `<tr><th scope="row" class="${tone}" align="left" style="padding:12px 0 0;${style}">${label}</th><td class="${tone}" align="right" style="padding:12px 0 0;white-space:nowrap;${style}">${value}</td></tr>`;
  const sums = [
    sum('Total', amount(total), 'ink', `${body(17, 24)};font-weight:700;${INK}`),
    ...(refunded ? [sum('Refunded', `−${amount(refunded)}`, 'soft', `${body(15, 22)};font-weight:400;${SOFT}`)] : []),
  ];
  return `<table width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:6px 0 24px">
<tr>${head('Item', 'left')}${head('Amount', 'right')}</tr>
${rows.join('\n')}
${sums.join('\n')}</table>`;
}
