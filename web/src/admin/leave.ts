/** The way out. */
import { signOut } from '../api/session.ts';
import { toast } from '../ui/toasts.tsx';

export async function leave(): Promise<void> {
  try {
    await signOut();
  } catch (error) {
    toast(`You are still logged in: ${(error as Error).message}`);
  }
}
