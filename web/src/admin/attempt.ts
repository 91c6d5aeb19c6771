/** One key for one thing that must happen once. */
import { useState } from 'react';
import { Problem } from '../api/http.ts';
import { newKey } from '../api/key.ts';

/**
 * One key for one thing that must happen once, however often the button is pressed. Only a clear no makes the next try a
 * new one: after a lost answer it may have happened.
 */
export function useAttempt() {
  const [key, setKey] = useState(newKey);
  return {
    key,
    failed(error: unknown): void {
      const { status = 0, code = '' } = error instanceof Problem ? error : {};
      if (status >= 400 && status < 500 && !code.includes('idempotency')) setKey(newKey());
    },
  };
}
