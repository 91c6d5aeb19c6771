/** Products or customers from a spreadsheet: chosen, looked at without changing anything, then imported. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { ImportReport } from '../../../../src/contracts/shapes.ts';
import { Button, ButtonLink, ProblemNotice } from '../../ui/kit.tsx';
import { number } from '../../ui/words.tsx';
import { Drop } from '../drop.tsx';
import { PageHead } from '../page-head.tsx';
import { Panel } from '../panel.tsx';
import { Unsaved } from '../unsaved.tsx';
import { Report } from './report.tsx';
import { CUSTOMERS, type Kind, PRODUCTS, readText, type Sent, sendSheet } from './sheet.ts';

/** Read once, so that what is imported is what was shown, whatever becomes of the file. */
interface Chosen {
  name: string;
  text: Promise<string>;
}

const IMPORTING = {
  title: 'Leave during the import?',
  text: 'The import is still running. What was taken stays, the rest is not imported.',
  leave: 'Leave',
};

interface ImportPageProps {
  kind: Kind;
  what: 'products' | 'customers';
  /** What the columns are. */
  columns: string;
  /** What is to be known before it is done. */
  about: string;
}

export const ImportProductsPage = () => (
  <ImportPage
    kind={PRODUCTS}
    what="products"
    columns="product_id, name, description, category, price, currency, further_prices; for new ones also stock and low_stock_threshold"
    about="Export CSV on the page of products has this form, with everything that is there already. Stock of products that exist is not changed."
  />
);

export const ImportCustomersPage = () => (
  <ImportPage
    kind={CUSTOMERS}
    what="customers"
    columns="email, name, phone, notify_by, address (or address_name, line1, line2, city, region, postal_code, country)"
    about="Nobody is mailed: whoever is new asks for a password on the login page."
  />
);

function ImportPage({ kind, what, columns, about }: ImportPageProps) {
  const queries = useQueryClient();
  const [file, setFile] = useState<Chosen>();
  const [progress, setProgress] = useState<{ done: number; all: number }>();
  const stop = useRef<AbortController>(undefined);
  // Whoever has left sees no report: nothing more is sent.
  useEffect(() => () => stop.current?.abort(), []);

  const run = useMutation({
    mutationFn: async ({ text, dryRun }: { text: Promise<string>; dryRun: boolean }) => {
      const controller = new AbortController();
      stop.current = controller;
      const onProgress = (done: number, all: number) => setProgress({ done, all });
      try {
        const sent = await sendSheet({ kind, text: await text, dryRun, onProgress, signal: controller.signal });
        return { ...sent, stopped: controller.signal.aborted };
      } finally {
        setProgress(undefined);
        if (!dryRun) await queries.invalidateQueries();
      }
    },
  });
  const choose = (chosen: File | undefined) => {
    if (!chosen) return;
    const text = readText(chosen);
    setFile({ name: chosen.name, text });
    run.mutate({ text, dryRun: true });
  };
  const { data: sent, isPending, variables } = run;
  const importing = isPending && variables?.dryRun === false;
  const error = run.error ?? (sent?.stopped ? undefined : sent?.broken?.error);
  return (
    <div className="page">
      <PageHead
        title={`Import ${what}`}
        back={{ to: `/${what}`, label: what === 'products' ? 'Products' : 'Customers' }}
      />
      <Panel title={file ? file.name : 'A CSV file'}>
        <p className="soft">
          The first line names the columns: {columns}. {about}
        </p>
        <Drop
          label="The file"
          accept=".csv,text/csv"
          what={file !== undefined ? 'another one' : 'it'}
          choose={file !== undefined ? 'Choose another file' : 'Choose a file'}
          disabled={isPending}
          onFiles={([file]) => choose(file)}
        />
      </Panel>
      {progress && (
        <Panel title={importing ? 'Importing' : 'Looking at every line'}>
          <progress
            className="progress"
            aria-label={importing ? 'Imported' : 'Looked at'}
            max={progress.all}
            value={progress.done}
          />
          <p className="soft small" role="status">
            {number(progress.done)} of {number(progress.all)} lines
          </p>
          <span>
            <Button onClick={() => stop.current?.abort()}>Stop</Button>
          </span>
        </Panel>
      )}
      <ProblemNotice error={error} />
      {file && !isPending && (error || sent?.broken) && (
        <p className="row">
          <span className="soft">{whatStands(variables?.dryRun, error)}</span>
          <Button onClick={() => variables && run.mutate(variables)}>Try again</Button>
        </p>
      )}
      {sent && !isPending && isWorthTelling(sent) && (
        <Report sent={sent}>
          {!sent.broken && (
            <Next
              what={what}
              report={sent.report}
              onImport={() => file && run.mutate({ text: file.text, dryRun: false })}
            />
          )}
        </Report>
      )}
      <Unsaved when={importing} words={IMPORTING} />
    </div>
  );
}

const whatStands = (dryRun: boolean | undefined, error: unknown) => {
  if (dryRun) return 'Nothing was changed.';
  return `${error ? 'It broke off' : 'Stopped'}: what was taken before stays, and is as it was when you import the file again.`;
};

/** A look that was broken off has changed nothing. */
const isWorthTelling = ({ report, broken }: Sent) => !broken || (!report.dry_run && report.lines > 0);

interface NextProps {
  what: string;
  report: ImportReport;
  onImport: () => void;
}

function Next({ what, report, onImport }: NextProps) {
  const todo = report.created + report.changed;
  if (!report.dry_run) return <ButtonLink to={`/${what}`}>Show the {what}</ButtonLink>;
  if (todo === 0) return <p className="soft">There is nothing to import in this file.</p>;
  return (
    <span>
      <Button tone="primary" onClick={onImport}>
        Import {number(todo)} {todo === 1 ? 'line' : 'lines'}
      </Button>
    </span>
  );
}
