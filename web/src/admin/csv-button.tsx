/** Everything that the list's filters find, as a file for spreadsheets. */
import { useState } from 'react';
import { Icon } from '../ui/icon.tsx';
import { Button, wordsOf } from '../ui/kit.tsx';
import { toast } from '../ui/toasts.tsx';
import { download } from './download.ts';

export interface CsvButtonProps {
  /** Of the file; a function where it depends on the moment of asking. */
  address: string | (() => string);
  name: string;
}

export function CsvButton({ address, name }: CsvButtonProps) {
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      await download(
        typeof address === 'string' ? address : address(),
        `${name}-${new Date().toISOString().slice(0, 10)}.csv`,
      );
    } catch (error) {
      const { message, detail } = wordsOf(error);
      toast(`No file was written. ${message}. ${detail}`);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button busy={busy} onClick={save}>
      <Icon name="download" size={16} />
      Export CSV
    </Button>
  );
}
