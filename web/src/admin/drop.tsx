/** Where files are dropped, or chosen by a button. */
import { type DragEvent, useRef, useState } from 'react';
import { Icon } from '../ui/icon.tsx';
import { Button } from '../ui/kit.tsx';

export interface DropProps {
  /** Of the field, for those who do not see it. */
  label: string;
  accept: string;
  /** "Drop … here, or". */
  what: string;
  /** Of the button. */
  choose: string;
  multiple?: boolean;
  disabled?: boolean;
  onFiles: (files: readonly File[]) => void;
}

export function Drop({ label, accept, what, choose, multiple = false, disabled = false, onFiles }: DropProps) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const take = (files: FileList | null) => {
    if (files && files.length > 0 && !disabled) onFiles([...files]);
  };
  const drop = (event: DragEvent) => {
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: files are dropped here; the button in it does the same
    <div
      className="drop"
      data-over={over}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Icon name="upload" />
      <span className="soft">Drop {what} here, or</span>
      <Button look="small" disabled={disabled} onClick={() => input.current?.click()}>
        {choose}
      </Button>
      <input
        ref={input}
        type="file"
        accept={accept}
        multiple={multiple}
        hidden
        aria-label={label}
        onChange={({ target }) => {
          take(target.files);
          target.value = '';
        }}
      />
    </div>
  );
}
