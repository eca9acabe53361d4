import type { FormAction } from '../lib/form-state.ts';
import { Field, Form, Submit } from './form.tsx';

interface Props {
  action: FormAction;
  /** The path to go to afterwards. */
  next: string;
  submit: string;
  pending: string;
  passwordHint?: string;
  isNew?: boolean;
}

/** The form of sign-up and sign-in. */
export function Entrance({ action, next, submit, pending, passwordHint, isNew = false }: Props) {
  return (
    <Form action={action} hidden={{ next }} className="narrow">
      <Field
        name="email"
        label="E-mail address"
        type="email"
        inputMode="email"
        autoComplete="username"
      />
      <Field
        name="password"
        label="Password"
        type="password"
        autoComplete={isNew ? 'new-password' : 'current-password'}
        {...(passwordHint && { hint: passwordHint })}
      />
      <Submit pending={pending}>{submit}</Submit>
    </Form>
  );
}
