/** A payload beside its contract, property by property; what differs is marked, and said. */
import type { DeadLetterDetail } from '../../../../src/contracts/dead-letters.ts';
import { Icon } from '../../ui/icon.tsx';
import { Panel } from '../panel.tsx';
import { Raw } from './raw.tsx';
import { schemaWords } from './words.ts';

interface ObjectSchema {
  properties?: Record<string, unknown>;
  required?: string[];
}

export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

export function Beside({ letter }: { letter: DeadLetterDetail }) {
  const { contract, data, faults, type } = letter;
  const payload = objectIn(data);
  if (!contract || !payload) {
    return (
      <Panel title="Payload">
        {!contract && type !== 'undecodable' && <p>This service knows no such message, so there is no contract.</p>}
        <Raw label="Payload" text={pretty(data)} />
      </Panel>
    );
  }
  const { properties = {}, required = [] } = contract.schema as ObjectSchema;
  const names = [...new Set([...Object.keys(properties), ...Object.keys(payload)])];
  const faultsIn = (name: string) =>
    faults.filter(({ pointer }) => pointer === `/${name}` || pointer.startsWith(`/${name}/`));
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
          {names.map((name) => (
            <tr key={name} data-differs={faultsIn(name).length > 0}>
              <th scope="row">{name}</th>
              <td>
                {name in payload ? <Value of={payload[name]} /> : <span className="soft">not there</span>}
                {faultsIn(name).map(({ pointer, detail }) => (
                  <span key={pointer + detail} className="fault">
                    <Icon name="alert" size={14} /> {pointer === `/${name}` ? '' : `${pointer} `}
                    {detail}
                  </span>
                ))}
              </td>
              <td className="soft">
                {name in properties ? schemaWords(properties[name]) : 'says nothing of it'}
                {name in properties && !required.includes(name) && ' · may be left out'}
              </td>
            </tr>
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

function Value({ of: value }: { of: unknown }) {
  return <code className="break">{JSON.stringify(value)}</code>;
}
