/** What was typed into the checkout survives a reload, in this tab only: others may use this machine too. */
import type { Customer } from '../../../src/contracts/customers.ts';
import type { Checkout } from '../../../src/contracts/orders.ts';
import { stored, useStored } from '../api/stored.ts';
import { type AddressParts, filled, NO_ADDRESS } from './address.tsx';
import type { CartView } from './cart-view.ts';

export interface Draft {
  email: string;
  name: string;
  phone: string;
  sms: boolean;
  address: AddressParts;
  method: string;
}

const store = stored<Partial<Draft> | null>('tradewind.checkout', null, readDraft, 'tab');

function readDraft(value: unknown): Partial<Draft> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { address, sms, ...texts } = value as Partial<Draft>;
  const kept = Object.entries(texts).filter(([, text]) => typeof text === 'string');
  const parts = typeof address === 'object' && address !== null ? Object.entries(address) : [];
  return {
    ...Object.fromEntries(kept),
    ...(typeof sms === 'boolean' && { sms }),
    ...(parts.length > 0 &&
      parts.every(([, part]) => typeof part === 'string') && { address: address as AddressParts }),
  };
}

export const forgetDraft = () => store.set(null);

/** What was typed, before what the account says. */
export function useDraft(customer: Customer | undefined, saved: AddressParts | undefined) {
  const typed = useStored(store);
  const known = typeof customer?.address === 'object' && customer.address !== null ? customer.address : undefined;
  const address = saved ?? known ?? NO_ADDRESS;
  const draft: Draft = {
    email: '',
    name: address.name ?? customer?.name ?? '',
    phone: customer?.phone ?? '',
    sms: customer?.notify_by.includes('sms') ?? false,
    address,
    method: '',
    ...typed,
  };
  return [draft, (change: Partial<Draft>) => store.set({ ...store.get(), ...change })] as const;
}

export function bodyOf(draft: Draft, view: CartView, customer: Customer | undefined): Checkout {
  const { email, name, phone, sms, address, method } = draft;
  return {
    ...(!customer && { email: email.trim() }),
    ...(name.trim() && { name: name.trim() }),
    ...(phone.trim() && { phone: phone.trim() }),
    ...(method && { payment_method: method }),
    notify_by: sms ? ['email', 'sms'] : ['email'],
    shipping_address: filled({ ...address, name }),
    currency: view.currency,
    // The price that is shown is the one that is asked for: another one is a no, not a surprise on the bill.
    items: view.lines.map(({ line, price }) => ({
      product_id: line.product_id,
      quantity: line.quantity,
      ...(price && { price }),
    })),
  };
}
