/** Reads what Prometheus reads: the text of a scrape, and which metrics and labels an expression names. */

export interface Family {
  name: string;
  type: string;
  help: string;
  /** Label → values. */
  labels: Map<string, Set<string>>;
  samples: number;
}

/** Of a scrape's text, by name; those of several scrapes add up. */
export function readScrape(text: string, families = new Map<string, Family>()): Map<string, Family> {
  const familyOf = (name: string): Family => {
    const family = families.get(name) ?? { name, type: '', help: '', labels: new Map(), samples: 0 };
    families.set(name, family);
    return family;
  };
  for (const line of text.split('\n').filter(Boolean)) {
    const [, word, about = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (word === 'HELP') familyOf(about).help = rest;
    else if (word === 'TYPE') familyOf(about).type = rest;
    else {
      const [, name = '', labels = '', value = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (name === '' || Number.isNaN(Number(value))) throw new Error(`no sample: ${line}`);
      const part = name.replace(/_(bucket|sum|count)$/, '');
      const family = familyOf(families.get(part)?.type === 'histogram' ? part : name);
      family.samples += 1;
      for (const [, label = '', text = ''] of labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
        family.labels.set(label, (family.labels.get(label) ?? new Set()).add(text));
      }
    }
  }
  return families;
}

export interface Named {
  /** With what its matchers ask for: label → values, where they are named; undefined by any other pattern. */
  metrics: { name: string; matchers: { label: string; values: string[] | undefined }[] }[];
  /** Labels of `by (…)`, `on (…)`. */
  grouping: string[];
}

const WORDS = new Set('and or unless by without on ignoring group_left group_right offset bool inf nan'.split(' '));

/** What a PromQL expression names. */
export function namesIn(expr: string): Named {
  const metrics: Named['metrics'] = [];
  const grouping: string[] = [];
  const rest = expr
    .replace(/\[[^\]]*\]/g, ' ')
    .replace(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g, (_, labels: string) => {
      grouping.push(...labels.split(',').flatMap((label) => label.trim() || []));
      return ' ';
    });
  for (const [, name = '', braces, call] of rest.matchAll(/([a-zA-Z_:][\w:]*)\s*(?:\{([^}]*)\}|(\())?/g)) {
    if (call !== undefined || WORDS.has(name.toLowerCase())) continue;
    const matchers = [...(braces ?? '').matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].map(
      ([, label = '', operator, value = '']) => {
        const plain = /^[\w.|-]*$/.test(value) && !(operator?.includes('~') && value.includes('.'));
        return { label, values: plain ? value.split('|') : undefined };
      },
    );
    metrics.push({ name, matchers });
  }
  return { metrics, grouping };
}
