'use client';
import { unstable_isUnrecognizedActionError, unstable_rethrow } from 'next/navigation';
import {
  createContext,
  type FormEvent,
  type HTMLInputTypeAttribute,
  type ReactNode,
  useActionState,
  useContext,
  useEffect,
  useId,
  useRef,
  useState,
  useTransition,
} from 'react';
import { type FormAction, type FormState, sentAgain } from '../lib/form-state.ts';
import { type Ending, forgetTyped, useTyped } from './use-typed.ts';

const Sent = createContext<{ state?: FormState; isPending: boolean }>({ isPending: false });

const LOST =
  'No answer came. What was done is not done twice: try again, or load the page to see how things stand.';

const OLD =
  'This was not sent, since Fairseat has changed while the page was open. It is loaded anew. Send it once more.';

interface FormProps {
  action: FormAction;
  /** Generated when the page is rendered, so that submitting the same page twice is one request. */
  idempotencyKey?: string;
  /** Values that the action needs and nobody types. */
  hidden?: Record<string, string>;
  className?: string;
  /** What was typed before, when it could not be sent. */
  draft?: Record<string, string> | undefined;
  /** Whether it ends the session, and with it what was typed in this tab. */
  forgets?: boolean;
  children: ReactNode;
}

/**
 * A form that shows each error beside its field and moves the focus to the first. It is submitted once at a time and
 * survives a lost answer. Without scripts the browser submits it.
 */
export function Form({
  action,
  idempotencyKey = '',
  hidden = {},
  className,
  draft,
  forgets,
  children,
}: FormProps) {
  const [answered, submit] = useActionState(action, {
    values: draft ?? {},
    fields: {},
    general: '',
    key: idempotencyKey,
    attempt: 0,
  });
  const [latest, setLatest] = useState<FormState>();
  const [isPending, startTransition] = useTransition();
  const state = latest ?? answered;

  const form = useRef<HTMLFormElement>(null);
  const ending = useRef<Ending>('open');
  useTyped(form, ending, ({ values, isUnsent }) =>
    setLatest({ ...state, values, general: isUnsent ? OLD : '', attempt: state.attempt + 1 }),
  );
  // A ref changes at once, `isPending` only with the next render.
  const isSending = useRef(false);
  useEffect(() => {
    if (state.attempt === 0 || isPending) return;
    const wrong = form.current?.querySelector<HTMLElement>('[aria-invalid="true"], [role="alert"]');
    wrong?.focus();
  }, [state, isPending]);

  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isSending.current) return;
    isSending.current = true;
    if (forgets) forgetTyped();
    const { submitter } = event.nativeEvent as SubmitEvent;
    const data = new FormData(event.currentTarget, submitter);
    startTransition(async () => {
      try {
        setLatest(await action(state, data));
      } catch (error) {
        if (unstable_isUnrecognizedActionError(error)) {
          ending.current = 'old';
          return location.reload();
        }
        // Next.js redirects by throwing.
        ending.current = 'taken';
        unstable_rethrow(error);
        ending.current = 'open';
        setLatest(sentAgain(state, data, { general: LOST }));
      } finally {
        isSending.current = false;
      }
    });
  };

  return (
    <form ref={form} action={submit} onSubmit={send} noValidate className={className}>
      {Object.entries(hidden).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      {state.general && (
        <p role="alert" tabIndex={-1} className="notice notice-wrong">
          {state.general}
        </p>
      )}
      <Sent value={{ state, isPending }}>{children}</Sent>
    </form>
  );
}

/** How the form around this component stands: its rejection, if any, and whether an answer is awaited. */
export const useSubmission = () => useContext(Sent);
export const useRejection = () => useSubmission().state;

interface FieldProps {
  name: string;
  label: string;
  type?: HTMLInputTypeAttribute;
  autoComplete: string;
  inputMode?: 'decimal' | 'email';
  initial?: string;
  hint?: ReactNode;
  onInput?: (event: FormEvent<HTMLInputElement>) => void;
  /** For a field that is printed on a ticket, without a box. */
  className?: string;
}

export function Field({ name, label, initial = '', hint, className, ...input }: FieldProps) {
  const id = useId();
  const { state: sent } = useContext(Sent);
  const error = sent?.fields[name];
  const described = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(' ');
  return (
    <div className={`field ${className ?? ''}`}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        name={name}
        dir="auto"
        // A new key makes the input take the default again: after a rejection, the value that was typed.
        key={sent?.attempt}
        defaultValue={sent?.values[name] ?? initial}
        aria-invalid={error !== undefined}
        aria-describedby={described || undefined}
        {...input}
      />
      {error && (
        <p id={`${id}-error`} className="field-error">
          {error}
        </p>
      )}
      {hint && (
        <p id={`${id}-hint`} className="field-hint">
          {hint}
        </p>
      )}
    </div>
  );
}

interface SubmitProps {
  children: ReactNode;
  /** The label while the answer is awaited. */
  pending?: string;
  name?: string;
  value?: string;
  look?: 'primary' | 'plain' | 'quiet';
}

/** Submits its form. While the answer is awaited it is not `disabled`, which would lose the focus, but ignored. */
export function Submit({ children, pending, look = 'primary', ...button }: SubmitProps) {
  const { isPending } = useContext(Sent);
  return (
    <button
      type="submit"
      className={`button button-${look}`}
      aria-disabled={isPending || undefined}
      {...button}
    >
      {isPending && pending ? pending : children}
    </button>
  );
}
