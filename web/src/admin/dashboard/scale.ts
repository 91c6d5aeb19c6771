/** The arithmetic of charts. */

/** A round number that is not below the highest: 7 → 8, 42 → 50, 1 830 → 2 000. */
export function roundTop(highest: number, whole: boolean): number {
  if (highest <= 0) return whole ? 4 : 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  const step = [1, 2, 2.5, 4, 5, 8, 10].find(
    (one) => one * power >= highest && (!whole || Number.isInteger((one * power) / 2)),
  );
  return step === undefined ? 10 * power : Math.max(step * power, whole ? 2 : 0);
}

/** Where in a width of 100 each of so many points stands. */
export const placeOf = (index: number, count: number) => ((index + 0.5) / count) * 100;

const pointOf = (value: number, index: number, count: number, top: number) =>
  `${placeOf(index, count).toFixed(2)} ${(100 - (value / top) * 100).toFixed(2)}`;

/** A line through what is known; a gap where nothing is. */
export function pathOf(values: readonly (number | null)[], top: number): string {
  let path = '';
  let open = false;
  values.forEach((value, index) => {
    if (value === null) {
      open = false;
      return;
    }
    const at = pointOf(value, index, values.length, top);
    path += open ? `L${at}` : `M${at}`;
    open = true;
  });
  return path;
}

/** Values that stand alone, between two gaps: lines without length, whose round ends are dots. */
export function dotsOf(values: readonly (number | null)[], top: number): string {
  const alone = values.map((value, index) => (values[index - 1] ?? values[index + 1] ?? null) === null && value);
  return alone
    .map((value, index) => (typeof value === 'number' ? `M${pointOf(value, index, values.length, top)}h0.001` : ''))
    .join('');
}

/** A column for each value, as wide as this part of its slot. */
export function columnsOf(values: readonly (number | null)[], top: number, part: number): string {
  const width = (100 / values.length) * part;
  return values
    .map((value, index) => {
      if (!value) return '';
      const height = (value / top) * 100;
      const left = placeOf(index, values.length) - width / 2;
      return `M${left.toFixed(3)} 100v${(-height).toFixed(3)}h${width.toFixed(3)}V100z`;
    })
    .join('');
}
