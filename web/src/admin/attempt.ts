/** One key for one thing that must happen once. */
import { useState } from 'react';
import { isAnswer } from '../api/http.ts';
import { newKey } from '../api/key.ts';

/** What was sent and is not answered yet, by its name: it outlives the dialog that sent it. */
const open = new Map<string, { key: string; body: unknown }>();

/**
 * One key for one thing that must happen once, however often the button is pressed. Only a clear no makes the next try a
 * new one: after a lost answer it may have happened. With a `name` that holds for the next dialog of that name, too.
 */
export function useAttempt<Body>(name = '') {
  const [key, setKey] = useState(() => open.get(name)?.key ?? newKey());
  const over = () => {
    open.delete(name);
    setKey(newKey());
  };
  return {
    key,
    /** What was sent before, if nobody knows what became of it. */
    lost: open.get(name)?.body as Body | undefined,
    begin(body: Body): void {
      if (name) open.set(name, { key, body });
    },
    /** It is done, or the next one is another thing. */
    over,
    failed(error: unknown): void {
      if (isAnswer(error)) over();
    },
  };
}
