/** What opens an account, in the limits of the contract; named so that browsers and password managers fill it in. */
import { LIMITS } from '../../../src/contracts/shapes.ts';
import { Input, type InputProps } from './kit.tsx';

type Props = Omit<InputProps, 'label'> & { label?: string };

export function EmailInput(props: Props) {
  return <Input label="E-mail" type="email" autoComplete="username" maxLength={LIMITS.email} {...props} />;
}

/** The one that there is. */
export function PasswordInput(props: Props) {
  return (
    <Input label="Password" type="password" autoComplete="current-password" maxLength={LIMITS.password} {...props} />
  );
}

/** One that is being chosen. */
export function NewPasswordInput(props: Props) {
  return <PasswordInput label="New password" autoComplete="new-password" minLength={LIMITS.passwordMin} {...props} />;
}
