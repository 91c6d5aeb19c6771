/** A payload beside its contract, property by property; what differs is marked, and said. */
import type { CSSProperties } from 'react';
import type { DeadLetterDetail } from '../../../../src/contracts/dead-letters.ts';
import { Icon } from '../../ui/icon.tsx';
import { number } from '../../ui/words.tsx';
import { Panel } from '../panel.tsx';
import { type BesideRow, besideRows } from './beside-rows.ts';
import { Raw } from './raw.tsx';
import { schemaWords } from './words.ts';

export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function jsonIn(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

export function Beside({ letter }: { letter: DeadLetterDetail }) {
  const { contract, data, faults, type } = letter;
  const payload = jsonIn(data);
  if (!contract || !payload) {
    return (
      <Panel title="Payload">
        {!contract && type !== 'undecodable' && <p>This service knows no such message, so there is no contract.</p>}
        {letter.size > data.length && letter.size > SHOWN && (
          <p className="soft">The beginning of {number(letter.size)} bytes.</p>
        )}
        <Raw label="Payload" text={pretty(data)} />
      </Panel>
    );
  }
  return (
    <Panel title="Payload and contract">
      <p className="soft">
        {contract.summary}.{' '}
        {faults.length === 0 ? 'The payload is as its contract says.' : 'What differs from the contract is marked.'}
      </p>
      <table className="beside">
        <thead>
          <tr>
            <th scope="col">Property</th>
            <th scope="col">Message</th>
            <th scope="col">Contract</th>
          </tr>
        </thead>
        <tbody>
          {besideRows(contract.schema, payload.value, faults).map((row) => (
            <BesideLine key={row.pointer} row={row} />
          ))}
        </tbody>
      </table>
      <details>
        <summary>The whole payload</summary>
        <Raw label="Payload" text={pretty(data)} />
      </details>
      <details>
        <summary>The whole contract (JSON Schema)</summary>
        <Raw label="Contract" text={JSON.stringify(contract.schema, null, 2)} />
      </details>
    </Panel>
  );
}

const SHOWN = 64 * 1024;

function BesideLine({ row: { pointer, name, depth, value, opened, schema, optional, faults } }: { row: BesideRow }) {
  return (
    <tr data-differs={faults.length > 0}>
      <th scope="row" style={{ '--depth': depth } as CSSProperties}>
        {name}
      </th>
      <td>
        {value === undefined && <span className="soft">not there</span>}
        {value !== undefined && !opened && <code className="break">{JSON.stringify(value)}</code>}
        {faults.map((fault) => (
          <span key={fault.pointer + fault.detail} className="fault">
            <Icon name="alert" size={14} /> {fault.pointer === pointer ? '' : `${fault.pointer} `}
            {fault.detail}
          </span>
        ))}
      </td>
      <td className="soft">
        {schema === undefined ? 'says nothing of it' : schemaWords(schema)}
        {schema !== undefined && optional && ' · may be left out'}
      </td>
    </tr>
  );
}
