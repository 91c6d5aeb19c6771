/** Idempotency keys. Not randomUUID: that one is missing on plain HTTP away from localhost. */
import { useState } from 'react';
import { Problem } from '../api/http.ts';

export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

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
