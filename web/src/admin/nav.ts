/** Where one can go, in the order of the sidebar; `key` follows `g` on the keyboard. */
import type { IconName } from '../ui/icon.tsx';

export interface Section {
  to: string;
  label: string;
  icon: IconName;
  key: string;
}

export const SECTIONS: readonly Section[] = [
  { to: '/', label: 'Dashboard', icon: 'chart', key: 'd' },
  { to: '/orders', label: 'Orders', icon: 'cart', key: 'o' },
  { to: '/products', label: 'Products', icon: 'tag', key: 'p' },
  { to: '/stock', label: 'Stock', icon: 'box', key: 's' },
  { to: '/customers', label: 'Customers', icon: 'users', key: 'c' },
  { to: '/payments', label: 'Payments', icon: 'card', key: 'm' },
  { to: '/notifications', label: 'Notifications', icon: 'bell', key: 'n' },
  { to: '/webhooks', label: 'Webhooks', icon: 'link', key: 'w' },
  { to: '/books', label: 'Books', icon: 'layers', key: 'b' },
  { to: '/dead-letters', label: 'Dead letters', icon: 'alert', key: 'l' },
  { to: '/activity', label: 'Activity', icon: 'clock', key: 'a' },
];

/** Pages within the sections, for the palette. */
export const PLACES: readonly { to: string; label: string; icon: IconName }[] = [
  { to: '/products/new', label: 'Add a product', icon: 'plus' },
  { to: '/customers/new', label: 'Add a customer', icon: 'plus' },
  { to: '/orders?status=confirmed', label: 'Orders to ship', icon: 'truck' },
  { to: '/orders?status=stuck', label: 'Stuck orders', icon: 'clock' },
  { to: '/stock?status=low_stock', label: 'Low stock', icon: 'box' },
  { to: '/stock?status=out_of_stock', label: 'Sold out', icon: 'box' },
  { to: '/stock/ledger', label: 'Stock ledger', icon: 'layers' },
  { to: '/payments/refunds', label: 'Refunds', icon: 'refund' },
  { to: '/payments/refunds?status=failed', label: 'Refunds that failed', icon: 'refund' },
  { to: '/payments/events', label: 'Provider events', icon: 'link' },
  { to: '/notifications?status=failed', label: 'Notifications that failed', icon: 'bell' },
  { to: '/notifications/suppressions', label: 'Suppressed addresses', icon: 'mail' },
  { to: '/notifications/sms', label: 'Development SMS', icon: 'mail' },
  { to: '/products?archived=yes', label: 'Archived products', icon: 'tag' },
];
