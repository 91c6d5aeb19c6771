/** A file of the API for this session: links cannot carry its token. */
import { send } from '../api/client.ts';

export async function download(address: string, name: string): Promise<void> {
  const answer = await send(address);
  saveAs(await answer.blob(), name);
}

export function saveAs(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
