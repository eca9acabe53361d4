import type { Metadata, Viewport } from 'next';
import { connection } from 'next/server';
import type { ReactNode } from 'react';
import { fontClasses } from './fonts.ts';
import './globals.css';
import './page.css';
import './forms.css';
import './ticket.css';
import './ticket-sizes.css';

export const metadata: Metadata = { applicationName: 'Fairseat' };

export const viewport: Viewport = {
  colorScheme: 'light dark',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#e4e8ec' },
    { media: '(prefers-color-scheme: dark)', color: '#141418' },
  ],
};

export default async function Layout({ children }: { children: ReactNode }) {
  // Every page is rendered per request, since its scripts carry a nonce.
  await connection();
  return (
    <html lang="en" className={fontClasses}>
      <body>{children}</body>
    </html>
  );
}
