/** What the rooms answer about one order, before anything is made of it. */
import type { MessagesAbout } from '../contracts/messages.ts';
import type { Xray, XrayRoom } from '../contracts/xray.ts';

export const ROOMS = ['orders', 'inventory', 'payments', 'notifications'] as const satisfies readonly XrayRoom[];

/** A part is null while its room cannot be asked. */
export interface Facts extends Pick<Xray, 'at' | 'orders' | 'inventory' | 'payments' | 'notifications' | 'away'> {
  messages: Record<XrayRoom, MessagesAbout | null>;
}
