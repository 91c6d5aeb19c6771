/** The pictures on their way to a product, two at a time; each tells how far it is, or why it was refused. */
import { useState } from 'react';
import { MAX_IMAGE_BYTES } from '../../../../src/contracts/catalog.ts';
import { newKey } from '../../api/key.ts';
import { wordsOf } from '../../ui/kit.tsx';
import { uploadPicture } from './upload.ts';

export interface Upload {
  key: string;
  file: File;
  /** From 0 to 1. */
  part: number;
  fault?: string;
}

const AT_ONCE = 2;

function faultOf({ size, type }: File): string | undefined {
  if (!type.startsWith('image/')) return 'This is no picture';
  if (size > MAX_IMAGE_BYTES) return `At most ${MAX_IMAGE_BYTES / 1024 / 1024} MiB`;
  return undefined;
}

export interface Uploads {
  list: readonly Upload[];
  /** Takes files; they go when `send` is called. */
  add: (files: Iterable<File>) => Upload[];
  /** Answers with how many were refused; those stay in the list. */
  send: (productId: string, uploads: readonly Upload[]) => Promise<number>;
  remove: (key: string) => void;
}

export function useUploads(onDone: () => Promise<unknown>): Uploads {
  const [list, setList] = useState<readonly Upload[]>([]);
  const change = (key: string, changed: Partial<Upload>) =>
    setList((now) => now.map((one) => (one.key === key ? { ...one, ...changed } : one)));
  const remove = (key: string) => setList((now) => now.filter((one) => one.key !== key));

  async function sendOne(productId: string, { key, file, fault }: Upload): Promise<boolean> {
    if (fault) return false;
    try {
      await uploadPicture({ productId, file, key, onProgress: (part) => change(key, { part }) });
      await onDone();
      remove(key);
      return true;
    } catch (error) {
      const { message, detail } = wordsOf(error);
      change(key, { fault: detail ? `${message}: ${detail}` : message });
      return false;
    }
  }

  return {
    list,
    remove,
    add(files) {
      const added = [...files].map((file) => {
        const fault = faultOf(file);
        return { key: newKey(), file, part: 0, ...(fault && { fault }) };
      });
      setList((now) => [...now, ...added]);
      return added;
    },
    async send(productId, uploads) {
      const waiting = [...uploads];
      let refused = 0;
      const work = async () => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          if (!(await sendOne(productId, next))) refused += 1;
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      return refused;
    },
  };
}
