/** A dry run: what handling a message would write and send. Nothing of it stays. */
import { useState } from 'react';
import { DESKS, type Rehearsal } from '../../../../src/contracts/dead-letters.ts';
import type { ServiceName } from '../../../../src/contracts/services.ts';
import type { BodyOf } from '../../../../src/platform/contract.ts';
import { call } from '../../api/client.ts';
import { Notice, ProblemNotice } from '../../ui/kit.tsx';
import { Badge, number } from '../../ui/words.tsx';
import { Panel } from '../panel.tsx';
import { Raw } from './raw.tsx';

type Change = BodyOf<(typeof DESKS)[ServiceName]['rehearse']>;

export interface Rehearsing {
  busy: boolean;
  result: Rehearsal | undefined;
  error: unknown;
  run: (change: Change) => Promise<void>;
}

export function useRehearsal(service: ServiceName, id: string): Rehearsing {
  const [state, setState] = useState<Omit<Rehearsing, 'run'>>({ busy: false, result: undefined, error: undefined });
  return {
    ...state,
    async run(change) {
      setState((before) => ({ ...before, busy: true }));
      try {
        const result = await call(DESKS[service].rehearse, { params: { id }, body: change });
        setState({ busy: false, result, error: undefined });
      } catch (error) {
        setState({ busy: false, result: undefined, error });
      }
    },
  };
}

/** `shown`: pointers of faults that stand elsewhere. */
export function RehearsalView({ rehearsal, shown }: { rehearsal: Rehearsing; shown?: readonly string[] }) {
  const { result, error } = rehearsal;
  if (error) return <ProblemNotice error={error} {...(shown && { shown })} />;
  return result ? <Effects result={result} /> : null;
}

const CHANGES = { insert: ['New', 'good'], update: ['Changed', 'wait'], delete: ['Gone', 'bad'] } as const;

function Effects({ result: { tables, events, error } }: { result: Rehearsal }) {
  return (
    <Panel title="Dry run">
      {error ? (
        <Notice tone="bad">
          <strong>It would fail again</strong>
          <p className="break">{error}</p>
        </Notice>
      ) : (
        <Notice tone="good">
          It would be handled. Nothing has been changed.
          {tables.length + events.length === 0 && ' It would have no effect: what it says is known already.'}
        </Notice>
      )}
      {tables.map(({ table, count, keys, rows }) => (
        <section key={table} className="stack-small">
          <h3>
            <code>{table}</code> <span className="soft">{rowsOf(count)}</span>
          </h3>
          {rows.map(({ change, before, after }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
            <div key={index} className="row-change">
              <Badge tone={CHANGES[change][1]}>{CHANGES[change][0]}</Badge>
              <Difference before={before} after={after} keys={keys} />
            </div>
          ))}
        </section>
      ))}
      {events.length > 0 && (
        <section className="stack-small">
          <h3>Events it would send</h3>
          {events.map(({ type, subject, data }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
            <details key={index}>
              <summary>
                <code>{type}</code> <span className="soft break">{subject}</span>
              </summary>
              <Raw label={`${type} ${subject}`} text={JSON.stringify(data, null, 2)} />
            </details>
          ))}
        </section>
      )}
    </Panel>
  );
}

const rowsOf = (count: number | null) =>
  count === null ? 'some rows' : `${number(count)} ${count === 1 ? 'row' : 'rows'}`;

type Row = Record<string, unknown>;

interface DifferenceProps {
  before: unknown;
  after: unknown;
  keys: readonly string[];
}

/** First which row it is; of a changed one what else stays the same is left out. */
function Difference({ before, after, keys }: DifferenceProps) {
  const [was, is] = [before as Row | null, after as Row | null];
  const names = [...new Set([...keys, ...Object.keys({ ...was, ...is })])];
  const changed = names.filter((name) => JSON.stringify(was?.[name]) !== JSON.stringify(is?.[name]));
  const shown = was && is ? names.filter((name) => keys.includes(name) || changed.includes(name)) : names;
  return (
    <dl className="difference">
      {shown.map((name) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {was && is && changed.includes(name) && (
              <>
                <del className="break">{JSON.stringify(was[name])}</del> →{' '}
              </>
            )}
            <span className="break">{JSON.stringify((is ?? was)?.[name])}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
