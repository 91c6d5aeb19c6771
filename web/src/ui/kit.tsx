/** The parts that every page is made of. Plain elements where the platform has them. */
import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { useId } from 'react';
import { Link, type LinkProps } from 'react-router';
import { Problem } from '../api/http.ts';
import { Icon, type IconName } from './icon.tsx';

type Tone = 'primary' | 'plain' | 'quiet' | 'danger';
interface Look {
  tone?: Tone;
  /** large, small, wide, icon */
  look?: string;
}
const classesOf = ({ tone = 'plain', look = '' }: Look) => `button ${tone} ${look}`;

export function Button({
  tone,
  look,
  busy = false,
  disabled = false,
  children,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & Look & { busy?: boolean }) {
  return (
    <button
      type="button"
      {...rest}
      className={classesOf({ ...(tone && { tone }), ...(look && { look }) })}
      disabled={disabled || busy}
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

type InputProps = Omit<FieldProps, 'children'> & React.InputHTMLAttributes<HTMLInputElement>;
export function Input({ label, hint, fault, optional, ...rest }: InputProps) {
  const about = { label, ...(hint !== undefined && { hint }), fault, ...(optional && { optional }) };
  return (
    <Field {...about}>
      {(attributes) => <input className="input" required={!optional} {...rest} {...attributes} />}
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

/** Where something could not be read: what is wrong, and once more. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const { message, detail } = wordsOf(error);
  return (
    <div className="empty" role="alert">
      <Icon name="alert" size={40} />
      <h2>{message}</h2>
      {detail && <p>{detail}</p>}
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

/** A no, in place. Faults that a field shows are not said twice. */
export function ProblemNotice({ error, shown = [] }: { error: unknown; shown?: readonly string[] }) {
  if (!error) return null;
  const { message, detail } = wordsOf(error);
  const faults = error instanceof Problem ? error.errors.filter(({ pointer }) => !shown.includes(pointer)) : [];
  return (
    <Notice tone="bad">
      <strong>{message}</strong>
      {detail && <p>{detail}</p>}
      {faults.length > 0 && (
        <ul>
          {faults.map(({ pointer, detail: fault }) => (
            <li key={pointer + fault}>
              {pointer.slice(1).replaceAll('/', ' · ').replaceAll('_', ' ')}: {fault}
            </li>
          ))}
        </ul>
      )}
    </Notice>
  );
}

export function wordsOf(error: unknown): { message: string; detail: string } {
  if (error instanceof Problem) return { message: error.message, detail: error.detail };
  return { message: 'Something went wrong', detail: error instanceof Error ? error.message : '' };
}

/** `/shipping_address/city` → what is wrong there. */
export function faultsOf(error: unknown): Record<string, string | undefined> {
  if (!(error instanceof Problem)) return {};
  return Object.fromEntries(error.errors.map(({ pointer, detail }) => [pointer, detail]));
}

export function Skeleton({ width = '100%', height = '1rem' }: { width?: string; height?: string }) {
  return <div className="skeleton" style={{ width, height }} />;
}
