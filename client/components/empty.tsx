import type { ReactNode } from 'react';

interface Props {
  heading: string;
  children: ReactNode;
  /** A link to what the visitor can do about it. */
  next: { href: string; label: string; look?: 'primary' | 'plain' };
}

/** Shown in place of an empty list. */
export function Empty({ heading, children, next: { href, label, look = 'primary' } }: Props) {
  return (
    <section className="empty">
      <h2>{heading}</h2>
      <p>{children}</p>
      <p>
        <a className={`button button-${look}`} href={href}>
          {label}
        </a>
      </p>
    </section>
  );
}

export const SELL = { href: '/tickets/new', label: 'Sell a ticket' };
