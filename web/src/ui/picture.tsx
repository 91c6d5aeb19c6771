/** A product's picture: room for it is kept before it is there, and the browser takes the smallest file that will do. */
import type { Image } from '../../../src/contracts/catalog.ts';
import { Icon } from './icon.tsx';

export interface PictureProps {
  image: Image | undefined;
  /** How wide it is shown, as in the HTML attribute. */
  sizes: string;
  /** In view at once: not to be waited for. */
  eager?: boolean;
  /** Beside its product's name it is decoration. */
  decorative?: boolean;
}

export function Picture({ image, sizes, eager = false, decorative = false }: PictureProps) {
  if (!image) {
    return (
      <span className="picture none">
        <Icon name="image" size={32} />
      </span>
    );
  }
  const { small, medium, large } = image.sizes;
  const files = [small, medium, large];
  return (
    <span className="picture">
      <img
        src={medium.url}
        srcSet={files.map(({ url, width }) => `${url} ${width}w`).join(', ')}
        sizes={sizes}
        width={large.width}
        height={large.height}
        alt={decorative ? '' : image.alt}
        loading={eager ? 'eager' : 'lazy'}
        fetchPriority={eager ? 'high' : 'auto'}
        decoding="async"
      />
    </span>
  );
}
