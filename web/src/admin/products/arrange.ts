/**
 * Changes of a product's pictures: each is shown at once and sent after the one before it, so that the shop ends up with
 * what was put last. What the shop has is read again at the end, also when it said no.
 */
import { useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { ArrangeImages, DeleteImage, type Image, type Product } from '../../../../src/contracts/catalog.ts';
import { call } from '../../api/client.ts';
import { wordsOf } from '../../ui/kit.tsx';
import { toast } from '../../ui/toasts.tsx';

type Images = readonly Image[];

/** With one of them elsewhere; the very same where that is not possible. */
export function moved(images: Images, id: string, to: (at: number) => number): Images {
  const at = images.findIndex((image) => image.id === id);
  const there = to(at);
  const image = images[at];
  if (!image || there === at || there < 0 || there >= images.length) return images;
  return images.toSpliced(at, 1).toSpliced(there, 0, image);
}

export function useArrange(product_id: string) {
  const queries = useQueryClient();
  const line = useRef({ last: Promise.resolve(), waiting: 0 });
  const key = ['products', product_id];

  /** After whatever was asked for before. */
  function inLine(work: () => Promise<unknown>): Promise<void> {
    const { current } = line;
    current.waiting += 1;
    const done = current.last.then(async () => {
      try {
        await work();
      } finally {
        current.waiting -= 1;
        if (current.waiting === 0) void queries.invalidateQueries({ queryKey: ['products'] });
      }
    });
    current.last = done.catch(() => undefined);
    return done;
  }

  /** What is being read was asked for before this, and must not take its place. */
  async function show(change: (images: Images) => Images): Promise<Images | undefined> {
    await queries.cancelQueries({ queryKey: key });
    const product = queries.getQueryData<Product>(key);
    const images = product && change(product.images);
    if (!images || images === product.images) return undefined;
    queries.setQueryData(key, { ...product, images });
    return images;
  }

  async function arrange(change: (images: Images) => Images): Promise<void> {
    const images = await show(change);
    if (!images) return;
    const body = { images: images.map(({ id, alt }) => ({ id, alt })) };
    try {
      await inLine(() => call(ArrangeImages, { params: { product_id }, body }));
    } catch (error) {
      // Whatever comes after it holds this one, too.
      if (line.current.waiting === 0) toast(`The pictures stay as they were. ${wordsOf(error).message}`);
    }
  }

  return {
    arrange,
    remove: (image_id: string) =>
      inLine(async () => {
        await call(DeleteImage, { params: { product_id, image_id } });
        await show((images) => images.filter(({ id }) => id !== image_id));
      }),
  };
}
