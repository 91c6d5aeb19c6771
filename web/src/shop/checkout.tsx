/** The checkout, on one page: who, where, how to pay, what; and an order that is never placed twice. */
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { type Customer, ListAddresses } from '../../../src/contracts/customers.ts';
import type { Checkout } from '../../../src/contracts/orders.ts';
import { call } from '../api/client.ts';
import { Problem } from '../api/http.ts';
import { useSignedIn } from '../api/session.ts';
import {
  Button,
  ButtonLink,
  Empty,
  Failure,
  faultsOf,
  Input,
  Notice,
  ProblemNotice,
  Select,
  Skeleton,
} from '../ui/kit.tsx';
import { useTitle } from '../ui/page.ts';
import { money } from '../ui/words.tsx';
import { AddressFields, type AddressParts, filled, NO_ADDRESS } from './address.tsx';
import { lostAttempt, type OwnOrder, orderPath, placeOrder, resumeAttempt } from './attempt.ts';
import { acceptPrices, useCart } from './cart.ts';
import { type CartView, useCartView } from './cart-view.ts';
import { CheckoutSummary } from './checkout-summary.tsx';
import { useMe, usePaymentMethods } from './reads.ts';
import { PageHead } from './shell.tsx';
import './cart.css';
import './checkout.css';

export function CheckoutPage() {
  useTitle('Checkout');
  const { lines } = useCart();
  const navigate = useNavigate();
  const me = useMe();
  const signedIn = useSignedIn();
  const arrived = (order: OwnOrder) => navigate(orderPath(order), { replace: true });
  const resumed = useResumed(arrived);
  if (resumed.running) return <Finishing />;
  if (lines.length === 0) {
    return (
      <Empty page icon="cart" title="There is nothing to order">
        <p>Your cart is empty.</p>
        <ButtonLink to="/products" tone="primary">
          Look around
        </ButtonLink>
      </Empty>
    );
  }
  if (signedIn && me.isPending) return <Skeleton height="20rem" />;
  if (signedIn && me.error && !me.data) return <Failure error={me.error} retry={() => void me.refetch()} />;
  return <CheckoutForm customer={me.data} onPlaced={arrived} earlier={resumed.error} />;
}

/** A reload in the middle of ordering: asks what became of it before anything else can be done. */
function useResumed(arrived: (order: OwnOrder) => void): { running: boolean; error: unknown } {
  const [running, setRunning] = useState(() => lostAttempt() !== undefined);
  const [error, setError] = useState<unknown>();
  const started = useRef(false);
  useEffect(() => {
    if (!running || started.current) return;
    started.current = true;
    resumeAttempt()
      .then((order) => order && arrived(order))
      .catch(setError)
      .finally(() => setRunning(false));
  }, [running, arrived]);
  return { running, error };
}

function Finishing() {
  return (
    <Empty page icon="clock" title="Finishing your order">
      <p role="status">The page was closed while your order was on its way. We are asking what became of it.</p>
    </Empty>
  );
}

interface Draft {
  email: string;
  name: string;
  phone: string;
  sms: boolean;
  address: AddressParts;
  method: string;
}
const DRAFT = 'tradewind.checkout';

/** What was typed survives a reload, in this tab only: others may use this machine too. */
function useDraft(customer: Customer | undefined): [Draft, (change: Partial<Draft>) => void] {
  const [draft, setDraft] = useState<Draft>(() => {
    const kept = JSON.parse(sessionStorage.getItem(DRAFT) ?? 'null');
    const known = customer?.address;
    return {
      email: '',
      name: customer?.name ?? '',
      phone: customer?.phone ?? '',
      sms: customer?.notify_by.includes('sms') ?? false,
      address: typeof known === 'object' && known !== null ? known : NO_ADDRESS,
      method: '',
      ...kept,
    };
  });
  const change = (part: Partial<Draft>) => {
    const next = { ...draft, ...part };
    sessionStorage.setItem(DRAFT, JSON.stringify(next));
    setDraft(next);
  };
  return [draft, change];
}

function bodyOf(draft: Draft, view: CartView, customer: Customer | undefined): Checkout {
  const { email, name, phone, sms, address, method } = draft;
  return {
    ...(!customer && { email: email.trim() }),
    ...(name.trim() && { name: name.trim() }),
    ...(phone.trim() && { phone: phone.trim() }),
    ...(method && { payment_method: method }),
    notify_by: sms ? ['email', 'sms'] : ['email'],
    shipping_address: filled({ ...address, ...(name.trim() && { name: name.trim() }) }),
    currency: view.currency,
    // The price that is shown is the one that is asked for: another one is a no, not a surprise on the bill.
    items: view.lines.map(({ line, price }) => ({
      product_id: line.product_id,
      quantity: line.quantity,
      ...(price && { price }),
    })),
  };
}

interface CheckoutFormProps {
  customer: Customer | undefined;
  onPlaced: (order: OwnOrder) => void;
  /** What came of an earlier attempt. */
  earlier: unknown;
}

function CheckoutForm({ customer, onPlaced, earlier }: CheckoutFormProps) {
  const view = useCartView();
  const [draft, change] = useDraft(customer);
  const [error, setError] = useState<unknown>(earlier);
  const [busy, setBusy] = useState(false);
  const summary = useRef<HTMLDivElement>(null);
  const faults = faultsOf(error);
  const text = (name: 'email' | 'name' | 'phone') => ({
    value: draft[name],
    onChange: ({ target }: React.ChangeEvent<HTMLInputElement>) => change({ [name]: target.value }),
    fault: faults[`/${name}`],
  });

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      acceptPrices(view.products, view.currency);
      const order = await placeOrder(bodyOf(draft, view, customer), customer?.id ?? null);
      sessionStorage.removeItem(DRAFT);
      onPlaced(order);
    } catch (problem) {
      setError(problem);
      if (problem instanceof Problem && problem.code === 'price-mismatch') view.retry();
      requestAnimationFrame(() => summary.current?.scrollIntoView({ block: 'center' }));
    } finally {
      setBusy(false);
    }
  }

  return (
    <div className="page">
      <PageHead title="Checkout" />
      <form className="two-columns" onSubmit={submit}>
        <div className="checkout">
          <fieldset className="card form">
            <legend>Contact</legend>
            {customer ? (
              <p>
                Signed in as <strong>{customer.email}</strong>
              </p>
            ) : (
              <>
                <p className="soft small">
                  You order as a guest. <Link to="/login?next=/checkout">Log in</Link> if you have an account.
                </p>
                <Input label="E-mail" type="email" autoComplete="email" maxLength={254} {...text('email')} />
              </>
            )}
            <div className="columns">
              <Input label="Name" autoComplete="name" maxLength={200} {...text('name')} />
              <Input
                label="Phone"
                type="tel"
                autoComplete="tel"
                maxLength={30}
                optional={!draft.sms}
                hint={draft.sms ? 'With its country’s code: +44 20 …' : undefined}
                {...text('phone')}
              />
            </div>
            <label className="check">
              <input type="checkbox" checked={draft.sms} onChange={({ target }) => change({ sms: target.checked })} />
              Tell me by SMS too
            </label>
            {faults['/notify_by'] && <p className="fault">{faults['/notify_by']}</p>}
          </fieldset>
          <fieldset className="card form">
            <legend>Delivery address</legend>
            {customer && <SavedAddresses customer={customer} onChoose={(address) => change({ address })} />}
            <AddressFields
              value={draft.address}
              onChange={(address) => change({ address })}
              faults={faults}
              pointer="/shipping_address"
            />
          </fieldset>
          <PaymentMethods
            value={draft.method}
            onChange={(method) => change({ method })}
            fault={faults['/payment_method']}
          />
        </div>
        <div ref={summary}>
          <CheckoutSummary view={view}>
            <OrderProblem error={error} />
            <Button type="submit" tone="primary" look="large wide" busy={busy} disabled={!view.ready}>
              {busy ? 'Ordering…' : `Order and pay ${money(view.total, view.currency)}`}
            </Button>
          </CheckoutSummary>
        </div>
      </form>
    </div>
  );
}

const IN_PLACE = ['email', 'name', 'phone', 'notify_by', 'payment_method'];

function OrderProblem({ error }: { error: unknown }) {
  if (!error) return null;
  if (error instanceof Problem && error.code === 'price-mismatch') {
    return (
      <Notice tone="wait">
        <strong>A price has just changed.</strong> Nothing was ordered: look at the new sum, and order if you like it.
      </Notice>
    );
  }
  const unknown = !(error instanceof Problem) || error.status === 0 || error.status >= 500;
  return (
    <>
      <ProblemNotice error={error} shown={shownOf(error)} />
      {unknown && (
        <p className="small soft">
          We do not know yet whether the order arrived. Press the button again: it will not be placed twice.
        </p>
      )}
    </>
  );
}

const shownOf = (error: unknown) =>
  error instanceof Problem
    ? error.errors
        .map(({ pointer }) => pointer)
        .filter((pointer) => pointer.startsWith('/shipping_address/') || IN_PLACE.includes(pointer.slice(1)))
    : [];

function SavedAddresses({ customer, onChoose }: { customer: Customer; onChoose: (address: AddressParts) => void }) {
  const { data } = useQuery({
    queryKey: ['addresses', customer.id],
    queryFn: ({ signal }) => call(ListAddresses, { params: { id: customer.id }, signal }),
  });
  if (!data || data.items.length === 0) return null;
  return (
    <Select
      label="From your address book"
      defaultValue=""
      onChange={({ target }) => {
        const chosen = data.items.find(({ id }) => id === target.value);
        if (chosen) onChoose(chosen.address);
      }}
    >
      <option value="">Another address</option>
      {data.items.map(({ id, label, address }) => (
        <option key={id} value={id}>
          {label ? `${label}: ` : ''}
          {address.line1}, {address.city}
        </option>
      ))}
    </Select>
  );
}

interface PaymentMethodsProps {
  value: string;
  onChange: (method: string) => void;
  fault: string | undefined;
}

function PaymentMethods({ value, onChange, fault }: PaymentMethodsProps) {
  const { data, error, isPending, refetch } = usePaymentMethods();
  const chosen = value || data?.default_method || '';
  return (
    <fieldset className="card form">
      <legend>Payment</legend>
      {isPending && <Skeleton height="3rem" />}
      {error && !data && <Failure error={error} retry={() => void refetch()} />}
      {data?.test && (
        <Notice icon="info">This shop is being tried out: no money moves, and you choose how the payment goes.</Notice>
      )}
      <div className="methods">
        {data?.methods.map(({ id, label }) => (
          <label key={id} className="method">
            <input type="radio" name="method" value={id} checked={chosen === id} onChange={() => onChange(id)} />
            <span>{label}</span>
          </label>
        ))}
      </div>
      {fault && <p className="fault">{fault}</p>}
    </fieldset>
  );
}
