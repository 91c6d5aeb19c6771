/** The pictures of a product: added by dropping or choosing, several at once; put in order by dragging or by keys. */
import { useState } from 'react';
import { type Image, MAX_IMAGES, type Product } from '../../../../src/contracts/catalog.ts';
import { Icon } from '../../ui/icon.tsx';
import { Button } from '../../ui/kit.tsx';
import { Confirm } from '../../ui/overlays.tsx';
import { Picture } from '../../ui/picture.tsx';
import { Drop } from '../drop.tsx';
import { Panel } from '../panel.tsx';
import { moved, useArrange } from './arrange.ts';
import { Progress } from './progress.tsx';
import type { Uploads } from './uploads.ts';

export interface PicturesProps {
  /** Undefined while it is being made up: what is chosen waits for it. */
  product: Product | undefined;
  uploads: Uploads;
}

const ACCEPT = 'image/jpeg,image/png,image/webp,image/avif,image/gif';

export function Pictures({ product, uploads }: PicturesProps) {
  const images = product?.images ?? [];
  const full = images.length + uploads.list.length >= MAX_IMAGES;
  const take = (files: Iterable<File>) => {
    const added = uploads.add(files);
    if (product) void uploads.send(product.product_id, added);
  };
  return (
    <Panel
      title="Pictures"
      actions={
        <span className="soft small">
          {images.length} of {MAX_IMAGES}
        </span>
      }
    >
      {product && images.length > 0 && <Arrange product={product} />}
      {uploads.list.length > 0 && (
        <ul className="uploads" aria-label="Uploads">
          {uploads.list.map((upload) => (
            <Progress
              key={upload.key}
              upload={upload}
              waiting={!product}
              onAgain={() => product && void uploads.send(product.product_id, [upload])}
              onRemove={() => uploads.remove(upload.key)}
            />
          ))}
        </ul>
      )}
      {!full && (
        <Drop label="Pictures" accept={ACCEPT} what="pictures" choose="Choose pictures" multiple onFiles={take} />
      )}
    </Panel>
  );
}

function Arrange({ product }: { product: Product }) {
  const { arrange, remove } = useArrange(product.product_id);
  const [dragged, setDragged] = useState<string>();
  const { images } = product;
  return (
    <ol className="pictures">
      {images.map((image, index) => (
        <li
          key={image.id}
          data-dragged={dragged === image.id}
          onDragOver={(event) => dragged && event.preventDefault()}
          onDrop={(event) => {
            if (!dragged) return;
            event.preventDefault();
            void arrange((now) => moved(now, dragged, () => index));
          }}
        >
          <One
            image={image}
            index={index}
            last={index === images.length - 1}
            onDrag={setDragged}
            onMove={(by) => void arrange((now) => moved(now, image.id, (at) => at + by))}
            onAlt={(alt) => void arrange((now) => now.map((one) => (one.id === image.id ? { ...one, alt } : one)))}
            onDelete={() => remove(image.id)}
          />
        </li>
      ))}
    </ol>
  );
}

interface OneProps {
  image: Image;
  index: number;
  last: boolean;
  /** Which one is in hand. */
  onDrag: (id: string | undefined) => void;
  onMove: (by: 1 | -1) => void;
  onAlt: (alt: string) => void;
  onDelete: () => Promise<void>;
}

function One({ image, index, last, onDrag, onMove, onAlt, onDelete }: OneProps) {
  const [asking, setAsking] = useState(false);
  const name = `picture ${index + 1}`;
  return (
    <>
      {/* Only the picture is dragged, so that words in the field below can be marked. */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons below do the same */}
      <div
        className="picture-frame"
        draggable
        onDragStart={(event) => {
          event.dataTransfer.effectAllowed = 'move';
          onDrag(image.id);
        }}
        onDragEnd={() => onDrag(undefined)}
      >
        <Picture image={image} sizes="200px" decorative />
        {index === 0 && <span className="main-mark">Main</span>}
      </div>
      <div className="picture-tools">
        <Button
          look="icon small"
          tone="quiet"
          aria-label={`Move ${name} forward`}
          disabled={index === 0}
          onClick={() => onMove(-1)}
        >
          <Icon name="back" size={15} />
        </Button>
        <Button
          look="icon small"
          tone="quiet"
          aria-label={`Move ${name} back`}
          disabled={last}
          onClick={() => onMove(1)}
        >
          <Icon name="arrow" size={15} />
        </Button>
        <Button look="icon small" tone="quiet" aria-label={`Delete ${name}`} onClick={() => setAsking(true)}>
          <Icon name="trash" size={15} />
        </Button>
      </div>
      <input
        className="input"
        aria-label={`What ${name} shows`}
        placeholder="What it shows"
        defaultValue={image.alt}
        key={image.alt}
        maxLength={500}
        onBlur={({ target }) => target.value.trim() !== image.alt && onAlt(target.value.trim())}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          // Enter in a field would save the product around it.
          event.preventDefault();
          event.currentTarget.blur();
        }}
      />
      <Confirm
        title="Delete this picture"
        action="Delete it"
        open={asking}
        onClose={() => setAsking(false)}
        onConfirm={onDelete}
      >
        <p>It leaves the shop at once and is not kept.</p>
      </Confirm>
    </>
  );
}
