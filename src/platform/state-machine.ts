/**
 * A life as a table: status × input → a transition, or a stated reason to ignore it. The table is total by type: a
 * blank cell does not compile. It runs the process, draws its own diagram and drives a test of every cell.
 */
export interface Ignore {
  readonly ignore: string;
}

export type Table<Status extends string, Input extends string, Transition extends { to: Status }> = {
  readonly [S in Status]: { readonly [I in Input]: Transition | Ignore };
};

export function isIgnored(cell: object): cell is Ignore {
  return 'ignore' in cell;
}

/** The table as a Mermaid state diagram and a Markdown table of every cell. */
export function drawTable<Status extends string, Input extends string, T extends { to: Status }>(
  table: Table<Status, Input, T>,
): string {
  const statuses = Object.keys(table) as Status[];
  const inputs = Object.keys(table[statuses[0] as Status]) as Input[];
  const cells = statuses.flatMap((status) => inputs.map((input) => ({ status, input, cell: table[status][input] })));
  const arrows = cells.flatMap(({ status, input, cell }) =>
    isIgnored(cell) ? [] : [`  ${status} --> ${(cell as T).to}: ${input}`],
  );
  const rows = statuses.map((status) => {
    const row = inputs.map((input) => {
      const cell = table[status][input];
      return isIgnored(cell) ? `_${cell.ignore}_` : `→ **${(cell as T).to}**`;
    });
    return `| **${status}** | ${row.join(' | ')} |`;
  });
  return [
    '```mermaid',
    'stateDiagram-v2',
    `  [*] --> ${statuses[0]}`,
    ...arrows,
    '```',
    '',
    `| status | ${inputs.join(' | ')} |`,
    `|---|${inputs.map(() => '---|').join('')}`,
    ...rows,
  ].join('\n');
}
