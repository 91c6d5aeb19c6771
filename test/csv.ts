/** RFC 4180, read as it says. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let i = 0; i < text.length; ) {
    let cell = '';
    if (text[i] === '"') {
      for (i += 1; text[i] !== '"' || text[i + 1] === '"'; i += 1) {
        if (text[i] === '"') i += 1;
        cell += text[i];
      }
      i += 1;
    } else {
      while (i < text.length && !',\r\n"'.includes(text[i] as string)) cell += text[i++];
    }
    row.push(cell);
    if (text[i] === ',') i += 1;
    else if (text.startsWith('\r\n', i)) {
      rows.push(row);
      row = [];
      i += 2;
    } else throw new Error(`neither a comma nor an end of line at ${i} of ${JSON.stringify(text)}`);
  }
  return rows;
}
