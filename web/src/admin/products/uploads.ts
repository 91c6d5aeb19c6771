/** The pictures on their way to a product, two at a time; each tells how far it is, or why it was refused or did not arrive. */
import { useState } from 'react';
import { MAX_IMAGE_BYTES } from '../../../../src/contracts/catalog.ts';
import { isPassing } from '../../api/http.ts';
import { newKey } from '../../api/key.ts';
import { wordsOf } from '../../ui/kit.tsx';
import { uploadPicture } from './upload.ts';

export interface Upload {
  key: string;
  file: File;
  /** From 0 to 1. */
  part: number;
  fault?: string | undefined;
  /** It may go well the next time; under the same key, so that a picture that has arrived is not added twice. */
  again?: boolean;
}

const AT_ONCE = 2;

function faultOf({ size, type }: File): string | undefined {
  if (!type.startsWith('image/')) return 'This is no picture';
  if (size > MAX_IMAGE_BYTES) return `At most ${MAX_IMAGE_BYTES / 1024 / 1024} MiB`;
  return undefined;
}

export interface Uploads {
  list: readonly Upload[];
  running: boolean;
  /** Takes files; they go when `send` is called. */
  add: (files: Iterable<File>) => Upload[];
  /** Answers with those that did not make it, and why; they stay in the list. */
  send: (productId: string, uploads: readonly Upload[]) => Promise<Upload[]>;
  remove: (key: string) => void;
}

/** `left`: what did not make it on the page before. */
export function useUploads(onDone: () => Promise<unknown>, left: readonly Upload[] = []): Uploads {
  const [list, setList] = useState(left);
  const [running, setRunning] = useState(0);
  const change = (key: string, changed: Partial<Upload>) =>
    setList((now) => now.map((one) => (one.key === key ? { ...one, ...changed } : one)));
  const remove = (key: string) => setList((now) => now.filter((one) => one.key !== key));

  async function sendOne(productId: string, upload: Upload): Promise<Upload | undefined> {
    const { key, file, fault, again } = upload;
    if (fault && !again) return upload;
    change(key, { part: 0, fault: undefined });
    try {
      await uploadPicture({ productId, file, key, onProgress: (part) => change(key, { part }) });
      await onDone();
      remove(key);
      return undefined;
    } catch (error) {
      const { message, detail } = wordsOf(error);
      const refused = { fault: detail ? `${message}: ${detail}` : message, again: isPassing(error) };
      change(key, refused);
      return { ...upload, ...refused, part: 0 };
    }
  }

  return {
    list,
    running: running > 0,
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
      const missing: Upload[] = [];
      const work = async () => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          const refused = await sendOne(productId, next);
          if (refused) missing.push(refused);
        }
      };
      setRunning((now) => now + 1);
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      setRunning((now) => now - 1);
      return missing;
    },
  };
}
