import type { ReactNode } from 'react';

interface Props {
  heading: string;
  children: ReactNode;
  /** What to do about it. */
  next: { href: string; label: string; look?: 'primary' | 'plain' };
}

/** In place of a list that has nothing in it. */
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
