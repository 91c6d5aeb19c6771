/** What an import would do, or did: the sums, every line that was refused, and what changes. */
import type { ReactNode } from 'react';
import type { ImportReport } from '../../../../src/contracts/shapes.ts';
import { Notice } from '../../ui/kit.tsx';
import { Badge, number } from '../../ui/words.tsx';
import { Panel } from '../panel.tsx';

/** More would be nobody's reading; `npm run import` tells all. */
const SHOWN = 200;

/** `children`: what is done next, where it is seen without reading all lines. */
export function Report({ report, children }: { report: ImportReport; children: ReactNode }) {
  const { dry_run, faults, changes } = report;
  return (
    <>
      <Notice tone={report.refused > 0 ? 'wait' : dry_run ? '' : 'good'}>{sums(report)}</Notice>
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

function sums({ dry_run, created, changed, unchanged, refused }: ImportReport): string {
  const parts = [
    [created, 'new'],
    [changed, 'changed'],
    [unchanged, 'as they are'],
    [refused, 'refused'],
  ] as const;
  const said = parts.flatMap(([count, what]) => (count > 0 ? `${number(count)} ${what}` : [])).join(', ');
  return dry_run ? `Nothing is changed yet. It would be: ${said}.` : `Done: ${said}.`;
}
