/** What an import would do, or did: the sums, every line that was refused, and what changes. */
import type { ReactNode } from 'react';
import type { ImportReport } from '../../../../src/contracts/shapes.ts';
import { BYTE_ORDER_MARK, csvLine } from '../../../../src/platform/csv.ts';
import { Icon } from '../../ui/icon.tsx';
import { Button, Notice } from '../../ui/kit.tsx';
import { Badge, number } from '../../ui/words.tsx';
import { saveAs } from '../download.ts';
import { Panel } from '../panel.tsx';
import type { Sent } from './sheet.ts';

/** More would be nobody's reading; the file that can be downloaded has all that were refused. */
const SHOWN = 200;

/** `children`: what is done next, where it is seen without reading all lines. */
export function Report({ sent, children }: { sent: Sent; children: ReactNode }) {
  const { dry_run, faults, changes, refused } = sent.report;
  return (
    <>
      <Notice tone={refused > 0 || sent.broken ? 'wait' : dry_run ? '' : 'good'}>{sums(sent)}</Notice>
      {children}
      {faults.length > 0 && (
        <Panel title={dry_run ? 'Lines that would be refused' : 'Lines that were refused'}>
          <ul className="rows">
            {faults.slice(0, SHOWN).map(({ line, id, errors }) => (
              <li key={line} data-row="">
                <span className="words">
                  <strong>{nameOf(line, id)}</strong>
                  {errors.map(({ column, detail }) => (
                    <span key={`${column} ${detail}`} className="small block break">
                      {column && <code>{column}</code>} {detail}
                    </span>
                  ))}
                </span>
              </li>
            ))}
          </ul>
          <More count={faults.length} />
          <span>
            <Button look="small" onClick={() => saveAs(refusedFile(faults), 'refused-lines.csv')}>
              <Icon name="download" size={16} />
              Download the refused lines
            </Button>
          </span>
        </Panel>
      )}
      {changes.length > 0 && (
        <Panel title={dry_run ? 'What would change' : 'What has changed'}>
          <ul className="rows">
            {changes.slice(0, SHOWN).map(({ line, id, action, cells }) => (
              <li key={line} data-row="">
                <span className="words">
                  <span className="row">
                    <strong>{nameOf(line, id)}</strong>
                    <Badge tone={action === 'created' ? 'good' : 'plain'}>
                      {action === 'created' ? 'New' : 'Changes'}
                    </Badge>
                  </span>
                  {cells.map(({ column, from, to }) => (
                    <span key={column} className="small block break">
                      <code>{column}</code> {from !== undefined && <del className="soft">{from || 'nothing'}</del>}{' '}
                      {to || 'nothing'}
                    </span>
                  ))}
                </span>
              </li>
            ))}
          </ul>
          <More count={changes.length} />
        </Panel>
      )}
    </>
  );
}

const nameOf = (line: number, id: string) => `Line ${number(line)}${id ? `: ${id}` : ''}`;

function More({ count }: { count: number }) {
  return count > SHOWN ? <p className="soft small">and {number(count - SHOWN)} more</p> : null;
}

/** For a spreadsheet: each fault of each line. */
function refusedFile(faults: ImportReport['faults']): Blob {
  const lines = faults.flatMap(({ line, id, errors }) =>
    errors.map(({ column, detail }) => csvLine([line, id, column, detail])),
  );
  const head = csvLine(['line', 'id', 'column', 'what is wrong']);
  return new Blob([BYTE_ORDER_MARK, head, ...lines], { type: 'text/csv' });
}

function sums({ report, all, broken }: Sent): string {
  const { dry_run, lines, created, changed, unchanged, refused } = report;
  const parts = [
    [created, 'new'],
    [changed, 'changed'],
    [unchanged, 'as they are'],
    [refused, 'refused'],
  ] as const;
  const said = parts.flatMap(([count, what]) => (count > 0 ? `${number(count)} ${what}` : [])).join(', ');
  if (broken) return `${number(lines)} of ${number(all)} lines were done before it ended: ${said}.`;
  return dry_run ? `Nothing is changed yet. It would be: ${said}.` : `Done: ${said}.`;
}
