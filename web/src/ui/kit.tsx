/** The parts that every page is made of. Plain elements where the platform has them. */
import type { ButtonHTMLAttributes, MouseEvent, ReactNode } from 'react';
import { useEffect, useEffectEvent, useId, useRef } from 'react';
import { Link, type LinkProps } from 'react-router';
import { type Fault, isPassing, Problem } from '../api/http.ts';
import { Icon, type IconName } from './icon.tsx';

type Tone = 'primary' | 'plain' | 'quiet' | 'danger';
interface Look {
  tone?: Tone;
  /** large, small, wide, icon */
  look?: string;
}
const classesOf = ({ tone = 'plain', look = '' }: Look) => `button ${tone} ${look}`;

const ignored = (event: MouseEvent) => {
  event.preventDefault();
  event.stopPropagation();
};

/** While it is busy it keeps the focus and does nothing: neither a click nor Enter in its form sends that again. */
export function Button({
  tone,
  look,
  busy = false,
  disabled = false,
  onClick,
  children,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & Look & { busy?: boolean }) {
  return (
    <button
      type="button"
      {...rest}
      className={classesOf({ ...(tone && { tone }), ...(look && { look }) })}
      onClick={busy ? ignored : onClick}
      disabled={disabled && !busy}
      aria-disabled={busy || undefined}
      aria-busy={busy}
    >
      {busy && <span className="spinner" />}
      {children}
    </button>
  );
}

export function ButtonLink({ tone, look, ...rest }: LinkProps & Look) {
  return <Link {...rest} className={classesOf({ ...(tone && { tone }), ...(look && { look }) })} />;
}

export interface FieldProps {
  label: string;
  hint?: ReactNode;
  /** What is wrong with it. */
  fault?: string | undefined;
  optional?: boolean;
  children: (attributes: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean }) => ReactNode;
}

/** A label, its control, and what is to be said about it; joined for those who hear the page. */
export function Field({ label, hint, fault, optional = false, children }: FieldProps) {
  const id = useId();
  const about = fault ? `${id}-fault` : hint ? `${id}-hint` : undefined;
  return (
    <div className="field">
      <label htmlFor={id}>
        {label} {optional && <span className="optional">(optional)</span>}
      </label>
      {children({ id, 'aria-describedby': about, 'aria-invalid': fault !== undefined })}
      {hint && !fault && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {fault && (
        <p className="fault" id={`${id}-fault`}>
          {fault}
        </p>
      )}
    </div>
  );
}

/** What must be filled in is not filled in with spaces. A password may be what it likes. */
function refuseBlank(input: HTMLInputElement | null): void {
  if (!input || input.type === 'password') return;
  const blank = input.required && input.value !== '' && input.value.trim() === '';
  input.setCustomValidity(blank ? 'Please fill in this field.' : '');
}

export type InputProps = Omit<FieldProps, 'children'> & React.InputHTMLAttributes<HTMLInputElement>;
export function Input({ label, hint, fault, optional, ...rest }: InputProps) {
  const about = { label, ...(hint !== undefined && { hint }), fault, ...(optional && { optional }) };
  return (
    <Field {...about}>
      {(attributes) => (
        <input
          className="input"
          required={!optional}
          onInput={({ currentTarget }) => refuseBlank(currentTarget)}
          {...rest}
          {...attributes}
          // As a function of this very render it looks again whenever the value may have been set from elsewhere.
          ref={(input) => refuseBlank(input)}
        />
      )}
    </Field>
  );
}

type SelectProps = Omit<FieldProps, 'children'> & React.SelectHTMLAttributes<HTMLSelectElement>;
export function Select({ label, hint, fault, optional, children, ...rest }: SelectProps) {
  const about = { label, ...(hint !== undefined && { hint }), fault, ...(optional && { optional }) };
  return (
    <Field {...about}>
      {(attributes) => (
        <select className="input" {...rest} {...attributes}>
          {children}
        </select>
      )}
    </Field>
  );
}

export function Notice({
  tone = '',
  icon,
  children,
}: {
  tone?: 'good' | 'wait' | 'bad' | '';
  icon?: IconName;
  children: ReactNode;
}) {
  const drawn = icon ?? (tone === 'good' ? 'check' : tone === '' ? 'info' : 'alert');
  return (
    <div className={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon name={drawn} />
      <div>{children}</div>
    </div>
  );
}

interface EmptyProps {
  icon: IconName;
  title: string;
  page?: boolean;
  children?: ReactNode;
}

/** Nothing there, and what to do about it. `page`: it is all there is, so its title is the page's. */
export function Empty({ icon, title, page = false, children }: EmptyProps) {
  const Title = page ? 'h1' : 'h2';
  return (
    <div className="empty">
      <Icon name={icon} size={40} />
      <Title>{title}</Title>
      {children}
    </div>
  );
}

/** A part that is away is asked for again after so many milliseconds, or when it said. */
const AGAIN_MS = 5_000;

/** Where something could not be read: what is wrong, and once more; by itself where that may pass. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const { message, detail } = wordsOf(error);
  const here = useRef<HTMLDivElement>(null);
  const again = useEffectEvent(() => {
    // Nobody's button goes away from under their finger.
    const away = document.visibilityState === 'hidden';
    if (!away && !here.current?.contains(document.activeElement)) retry?.();
  });
  useEffect(() => {
    if (!isPassing(error)) return undefined;
    const pause = Math.max(AGAIN_MS, (error instanceof Problem && error.retryAfterMs) || 0);
    const timer = setInterval(() => again(), pause);
    return () => clearInterval(timer);
  }, [error]);
  return (
    <div ref={here} className="empty" role="alert">
      <Icon name="alert" size={40} />
      <h2>{message}</h2>
      {detail && <p>{detail}</p>}
      <Faults faults={errorsOf(error)} />
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

const errorsOf = (error: unknown) => (error instanceof Problem ? error.errors : []);

/** `/shipping_address/city`: "shipping address · city:". That something stood in the address bar is no place in a form. */
function placeOf(pointer: string): string {
  const place = pointer.replace(/^\/(query|path|headers)(?=\/)/, '').slice(1);
  return place && `${place.replaceAll('/', ' · ').replaceAll('_', ' ')}:`;
}

function Faults({ faults }: { faults: readonly Fault[] }) {
  if (faults.length === 0) return null;
  return (
    <ul>
      {faults.map(({ pointer, detail }) => (
        <li key={pointer + detail}>
          {placeOf(pointer)} {detail}
        </li>
      ))}
    </ul>
  );
}

/** A no, in place. Faults that a field shows are not said twice. */
export function ProblemNotice({ error, shown = [] }: { error: unknown; shown?: readonly string[] }) {
  if (!error) return null;
  const { message, detail } = wordsOf(error);
  return (
    <Notice tone="bad">
      <strong>{message}</strong>
      {detail && <p>{detail}</p>}
      <Faults faults={errorsOf(error).filter(({ pointer }) => !shown.includes(pointer))} />
    </Notice>
  );
}

export function wordsOf(error: unknown): { message: string; detail: string } {
  if (error instanceof Problem) return { message: error.message, detail: error.detail || pauseOf(error) };
  return { message: 'Something went wrong', detail: error instanceof Error ? error.message : '' };
}

/** How long somebody who was too fast is to wait. */
function pauseOf({ status, retryAfterMs }: Problem): string {
  if (status !== 429 || !retryAfterMs) return '';
  const [count, unit] = retryAfterMs > 90_000 ? [retryAfterMs / 60_000, 'minute'] : [retryAfterMs / 1_000, 'second'];
  return `Try again in ${Math.ceil(count)} ${unit}${count > 1 ? 's' : ''}.`;
}

/** `/shipping_address/city` → what is wrong there, as it stands below its field. */
export function faultsOf(error: unknown): Record<string, string | undefined> {
  return Object.fromEntries(
    errorsOf(error).map(({ pointer, detail }) => [pointer, detail.charAt(0).toUpperCase() + detail.slice(1)]),
  );
}

export function Skeleton({ width = '100%', height = '1rem' }: { width?: string; height?: string }) {
  return <div className="skeleton" style={{ width, height }} />;
}
