/** A picture on its way. */
import { Icon } from '../../ui/icon.tsx';
import { Button } from '../../ui/kit.tsx';
import type { Upload } from './uploads.ts';

const size = (bytes: number) =>
  bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;

export interface ProgressProps {
  upload: Upload;
  /** For its product to be saved. */
  waiting: boolean;
  onAgain: () => void;
  onRemove: () => void;
}

export function Progress({ upload, waiting, onAgain, onRemove }: ProgressProps) {
  const { file, part, fault, again } = upload;
  const state =
    part >= 1 ? 'Drawing its sizes…' : waiting && part === 0 ? 'Added when you save' : `${Math.round(part * 100)} %`;
  return (
    <li>
      <span className="grow">
        {file.name} <span className="soft small">{size(file.size)}</span>
        {fault ? (
          <span className="fault" role="alert">
            {fault}
          </span>
        ) : (
          <progress className="progress" max={1} value={part} aria-label={`Upload of ${file.name}`} />
        )}
      </span>
      {!fault && <span className="soft small numbers">{state}</span>}
      {fault && again && !waiting && (
        <Button look="small" aria-label={`Try again: ${file.name}`} onClick={onAgain}>
          Try again
        </Button>
      )}
      {(fault || (waiting && part === 0)) && (
        <Button look="icon small" tone="quiet" aria-label={`Remove ${file.name}`} onClick={onRemove}>
          <Icon name="close" size={15} />
        </Button>
      )}
    </li>
  );
}
