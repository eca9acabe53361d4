import type { Draft } from '../lib/draft-cookie.ts';
import type { FormAction } from '../lib/form-state.ts';
import { Field, Form, Submit } from './form.tsx';
import { NewPassword } from './new-password.tsx';

interface Props {
  action: FormAction;
  /** The path to go to afterwards. */
  next: string;
  submit: string;
  pending: string;
  isNew?: boolean;
  draft?: Draft | undefined;
}

/** The form of sign-up and sign-in. */
export function Entrance({ action, next, submit, pending, isNew = false, draft }: Props) {
  return (
    <Form action={action} hidden={{ next }} draft={draft} className="narrow">
      <Field
        name="email"
        label="E-mail address"
        type="email"
        inputMode="email"
        autoComplete="username"
      />
      {isNew ? (
        <NewPassword />
      ) : (
        <Field name="password" label="Password" type="password" autoComplete="current-password" />
      )}
      <Submit pending={pending}>{submit}</Submit>
    </Form>
  );
}
