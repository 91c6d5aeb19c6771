/** The checkout, on one page: who, where, how to pay, what; and an order that is never placed twice. */
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { type Customer, ListAddresses, type SavedAddress } from '../../../src/contracts/customers.ts';
import { call } from '../api/client.ts';
import { isAnswer, Problem } from '../api/http.ts';
import { useMe } from '../api/me.ts';
import { useSignedIn } from '../api/session.ts';
import { EmailInput } from '../ui/credentials.tsx';
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
import { AddressFields, type AddressParts } from './address.tsx';
import {
  type Attempt,
  CartMoved,
  InDoubt,
  lostAttempt,
  type OwnOrder,
  orderPath,
  placeOrder,
  resumeAttempt,
  wasReloaded,
} from './attempt.ts';
import { acceptPrices, useCart } from './cart.ts';
import { useCartView } from './cart-view.ts';
import { CheckoutSummary } from './checkout-summary.tsx';
import { Doubt } from './doubt.tsx';
import { bodyOf, forgetDraft, useDraft } from './draft.ts';
import { usePaymentMethods } from './reads.ts';
import { PageHead } from './shell.tsx';
import './cart.css';
import './checkout.css';

export function CheckoutPage() {
  useTitle('Checkout');
  const { lines } = useCart();
  const navigate = useNavigate();
  const me = useMe();
  const signedIn = useSignedIn();
  // `in doubt`: an order was sent, and what came of it must be known before the next one.
  const [doubt, setDoubt] = useState(() => lostAttempt());
  const [error, setError] = useState<unknown>();
  const arrived = (order: OwnOrder) => {
    forgetDraft();
    navigate(orderPath(order), { replace: true });
  };
  const over = (refused?: unknown) => {
    setDoubt(undefined);
    setError(refused);
  };
  const resuming = useReloaded(doubt, arrived, over, setError);
  if (resuming) return <Finishing />;
  if (doubt) return <Doubt attempt={doubt} error={error} onPlaced={arrived} onOver={over} />;
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
  const unknown = (problem: unknown) => {
    setError(problem instanceof InDoubt ? undefined : problem);
    setDoubt(lostAttempt());
  };
  return <CheckoutForm customer={me.data} onPlaced={arrived} onUnknown={unknown} earlier={error} />;
}

/** A reload in the middle of ordering: asks by itself what became of it. */
function useReloaded(
  doubt: Attempt | undefined,
  arrived: (order: OwnOrder) => void,
  over: (refused?: unknown) => void,
  failed: (error: unknown) => void,
): boolean {
  const [running, setRunning] = useState(() => doubt !== undefined && wasReloaded(doubt));
  const started = useRef(false);
  useEffect(() => {
    if (!running || started.current) return;
    started.current = true;
    resumeAttempt()
      .then((order) => (order ? arrived(order) : over()))
      .catch((error) => (isAnswer(error) ? over(error) : failed(error)))
      .finally(() => setRunning(false));
  }, [running, arrived, over, failed]);
  return running;
}

function Finishing() {
  return (
    <Empty page icon="clock" title="Finishing your order">
      <p role="status">The page was closed while your order was on its way. We are asking what became of it.</p>
    </Empty>
  );
}

interface CheckoutFormProps {
  customer: Customer | undefined;
  onPlaced: (order: OwnOrder) => void;
  /** It was sent, and no answer came. */
  onUnknown: (error: unknown) => void;
  /** Why an earlier attempt was refused. */
  earlier: unknown;
}

function CheckoutForm({ customer, onPlaced, onUnknown, earlier }: CheckoutFormProps) {
  const view = useCartView();
  const saved = useSavedAddresses(customer);
  const [draft, change] = useDraft(customer, saved.find(({ is_default }) => is_default)?.address);
  const [error, setError] = useState<unknown>(earlier);
  const [busy, setBusy] = useState(false);
  const summary = useRef<HTMLDivElement>(null);
  const faults = faultsOf(error);
  const text = (name: 'email' | 'name' | 'phone') => ({
    value: draft[name],
    onChange: ({ target }: React.ChangeEvent<HTMLInputElement>) => change({ [name]: target.value }),
    fault: faults[`/${name}`],
  });

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      acceptPrices(view.products, view.currency);
      onPlaced(await placeOrder(bodyOf(draft, view, customer), customer?.id ?? null));
    } catch (problem) {
      if (problem instanceof InDoubt || !(isAnswer(problem) || problem instanceof CartMoved)) return onUnknown(problem);
      setError(problem);
      if (problem instanceof Problem && problem.code === 'price-mismatch') view.retry();
      // To the first field that is wrong, else to the words that say what is.
      requestAnimationFrame(() => {
        const faulty = form.querySelector<HTMLElement>('[aria-invalid="true"]');
        (faulty ?? summary.current)?.focus();
      });
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
                <EmailInput autoComplete="email" {...text('email')} />
              </>
            )}
            <Input
              label="Phone"
              type="tel"
              autoComplete="tel"
              maxLength={30}
              optional={!draft.sms}
              hint={draft.sms ? 'With its country’s code: +44 20 …' : undefined}
              {...text('phone')}
            />
            <label className="check">
              <input type="checkbox" checked={draft.sms} onChange={({ target }) => change({ sms: target.checked })} />
              Tell me by SMS too
            </label>
            {faults['/notify_by'] && <p className="fault">{faults['/notify_by']}</p>}
          </fieldset>
          <fieldset className="card form">
            <legend>Delivery address</legend>
            <SavedAddresses
              saved={saved}
              onChoose={(address) => change({ address, ...(address.name && { name: address.name }) })}
            />
            <Input label="Name" autoComplete="name" maxLength={200} {...text('name')} />
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
        <div ref={summary} tabIndex={-1} className="checkout-side">
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
  if (error instanceof CartMoved) {
    return (
      <Notice tone="wait">Your cart has changed in another tab. Nothing was ordered: look at it once more.</Notice>
    );
  }
  return <ProblemNotice error={error} shown={shownOf(error)} />;
}

const shownOf = (error: unknown) =>
  error instanceof Problem
    ? error.errors
        .map(({ pointer }) => pointer)
        .filter((pointer) => pointer.startsWith('/shipping_address/') || IN_PLACE.includes(pointer.slice(1)))
    : [];

function useSavedAddresses(customer: Customer | undefined): readonly SavedAddress[] {
  const { data } = useQuery({
    queryKey: ['addresses', customer?.id],
    queryFn: ({ signal }) => call(ListAddresses, { params: { id: customer?.id ?? '' }, signal }),
    enabled: customer !== undefined,
  });
  return data?.items ?? [];
}

interface SavedAddressesProps {
  saved: readonly SavedAddress[];
  onChoose: (address: AddressParts) => void;
}

function SavedAddresses({ saved, onChoose }: SavedAddressesProps) {
  if (saved.length === 0) return null;
  return (
    <Select
      label="From your address book"
      defaultValue={saved.find(({ is_default }) => is_default)?.id ?? ''}
      onChange={({ target }) => {
        const chosen = saved.find(({ id }) => id === target.value);
        if (chosen) onChoose(chosen.address);
      }}
    >
      <option value="">Another address</option>
      {saved.map(({ id, label, address }) => (
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
