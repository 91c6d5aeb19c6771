/**
 * Columns and lines over time. Its values are reached by pointing, by the arrow keys, and as a table: nobody needs to see
 * the drawing. It is stretched to its room; words stand beside it as text, so that they are not.
 */
import { Fragment, type KeyboardEvent, type PointerEvent, useId, useState } from 'react';
import { columnsOf, dotsOf, pathOf, placeOf, roundTop } from './scale.ts';

export interface Series {
  name: string;
  look: 'columns' | 'thin' | 'line' | 'dashed';
  tone: 'accent' | 'bad' | 'sail';
  values: readonly (number | null)[];
}

export interface ChartProps {
  label: string;
  /** Of the points, for the axis and in full. */
  times: readonly string[];
  series: readonly Series[];
  format: (value: number) => string;
  /** Shorter, for the axis. */
  tick?: (value: number) => string;
  timeOf: (at: string) => string;
  /** Counts: no halves on the axis. */
  whole?: boolean;
}

export function Chart(props: ChartProps) {
  const { label, times, series, format, tick = format, timeOf, whole = false } = props;
  const [at, setAt] = useState<number>();
  const [asTable, setAsTable] = useState(false);
  const about = useId();
  const count = times.length;
  const top = roundTop(Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0))), whole);
  const point = (event: PointerEvent<HTMLElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    setAt(Math.min(count - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * count))));
  };
  const key = (event: KeyboardEvent) => {
    const moves: Record<string, number> = {
      ArrowLeft: (at ?? count) - 1,
      ArrowRight: (at ?? -1) + 1,
      Home: 0,
      End: count - 1,
    };
    const next = moves[event.key];
    if (event.key === 'Escape') setAt(undefined);
    if (next === undefined) return;
    event.preventDefault();
    setAt(Math.min(count - 1, Math.max(0, next)));
  };
  const words =
    at === undefined
      ? ''
      : `${timeOf(times[at] ?? '')}: ${series.map(({ name, values }) => `${name} ${valueWords(values[at], format)}`).join(', ')}`;
  return (
    <figure className="chart">
      <div className="chart-key">
        {series.map(({ name, tone, look }) => (
          <span key={name} className={`key ${tone} ${look}`}>
            {name}
          </span>
        ))}
        <button type="button" className="link soft" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? 'As a chart' : 'As a table'}
        </button>
      </div>
      {asTable ? (
        <Values {...props} />
      ) : (
        <div className="plot">
          <span className="tick top numbers">{tick(top)}</span>
          <span className="tick middle numbers">{tick(top / 2)}</span>
          <div
            className="canvas"
            role="slider"
            tabIndex={0}
            aria-label={`${label}: values`}
            aria-valuemin={0}
            aria-valuemax={count - 1}
            aria-valuenow={at ?? count - 1}
            aria-valuetext={words || `${count} points; the arrow keys read them`}
            aria-describedby={about}
            onPointerMove={point}
            onPointerLeave={() => setAt(undefined)}
            onKeyDown={key}
            onBlur={() => setAt(undefined)}
          >
            <Drawing series={series} top={top} count={count} at={at} />
            {at !== undefined && <Tip {...props} at={at} />}
          </div>
          <div className="axis soft numbers" id={about}>
            {[0, Math.floor((count - 1) / 2), count - 1].map((index, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: there are always three
              <span key={place}>{timeOf(times[index] ?? '')}</span>
            ))}
          </div>
        </div>
      )}
    </figure>
  );
}

const valueWords = (value: number | null | undefined, format: ChartProps['format']) =>
  value == null ? '–' : format(value);

interface DrawingProps {
  series: readonly Series[];
  top: number;
  count: number;
  at: number | undefined;
}

function Drawing({ series, top, count, at }: DrawingProps) {
  const slot = 100 / count;
  return (
    <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
      {[0, 50, 100].map((y) => (
        <line key={y} x1="0" x2="100" y1={y} y2={y} className="grid" />
      ))}
      {at !== undefined && <rect x={at * slot} width={slot} height="100" className="here" />}
      {series.map(({ name, look, tone, values }) =>
        look === 'columns' || look === 'thin' ? (
          <path key={name} d={columnsOf(values, top, look === 'thin' ? 0.32 : 0.72)} className={`${tone} filled`} />
        ) : (
          <Fragment key={name}>
            <path d={pathOf(values, top)} className={`${tone} ${look}`} />
            <path d={dotsOf(values, top)} className={`${tone} dots`} />
          </Fragment>
        ),
      )}
    </svg>
  );
}

function Tip({ times, series, format, timeOf, at }: ChartProps & { at: number }) {
  const place = placeOf(at, times.length);
  return (
    <div className="tip numbers" data-side={place > 55 ? 'left' : 'right'} style={{ left: `${place}%` }}>
      <strong>{timeOf(times[at] ?? '')}</strong>
      {series.map(({ name, values, tone, look }) => (
        <span key={name} className={`key ${tone} ${look}`}>
          {name} <b>{valueWords(values[at], format)}</b>
        </span>
      ))}
    </div>
  );
}

/** Newest first; empty rows say nothing. */
function Values({ label, times, series, format, timeOf }: ChartProps) {
  const rows = times
    .map((time, index) => ({ time, values: series.map(({ values }) => values[index] ?? null) }))
    .filter(({ values }) => values.some((value) => value))
    .reverse();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section className="values" tabIndex={0} aria-label={`${label}, as a table`}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Time</th>
            {series.map(({ name }) => (
              <th key={name} scope="col" className="end">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ time, values }) => (
            <tr key={time}>
              <td>{timeOf(time)}</td>
              {values.map((value, index) => (
                <td key={series[index]?.name} className="end">
                  {valueWords(value, format)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
