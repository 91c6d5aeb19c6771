/**
 * A real Chromium: the one that npm brings (Linux on x64, nothing else to install), else the system's own. '' where there
 * is neither.
 */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const SYSTEM = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** @returns {Promise<string>} */
export async function findBrowser() {
  if (process.env.BROWSER_PATH) return process.env.BROWSER_PATH;
  for (const find of [unpacked, ...SYSTEM.map((path) => async () => path)]) {
    const path = await find().catch(() => '');
    if (path && (await runs(path))) return path;
  }
  return '';
}

/** Once for all runs, into the folder for temporary files. */
async function unpacked() {
  const { default: packed } = await import('@sparticuz/chromium');
  return packed.executablePath();
}

async function runs(path) {
  for (const tries of [1, 2, 3]) {
    try {
      await promisify(execFile)(path, ['--version', '--no-sandbox'], { timeout: 20_000 });
      return true;
    } catch (error) {
      // Another run is still unpacking it.
      if (error.code !== 'ETXTBSY' || tries === 3) return false;
      await sleep(3_000);
    }
  }
  return false;
}
