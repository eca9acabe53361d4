import { redirect, unstable_rethrow } from 'next/navigation';
import type { ReactNode } from 'react';
import { Trouble } from '../components/trouble.tsx';
import { ApiError } from './api-error.ts';
import { pathOf, signInPath } from './paths.ts';
import { answerWith, begin, currentVisit } from './visit.ts';

/** Wraps a page: a 401 of the API redirects to the sign-in, any other error becomes a page with its status. */
export const page =
  <P,>(render: (props: P) => Promise<ReactNode>) =>
  async (props: P) => {
    begin();
    try {
      return await render(props);
    } catch (error) {
      unstable_rethrow(error);
      const { request, onError } = currentVisit();
      if (!(error instanceof ApiError)) onError(error);
      const { status, message } = error instanceof ApiError ? error : unexpected;
      if (status === 401) redirect(signInPath(pathOf(request.url)));
      // Next.js shows the pages of `notFound` and its like only in browsers that run scripts.
      answerWith(status);
      return <Trouble status={status} message={messages[status] ?? message} />;
    }
  };

const messages: Record<number, string> = {
  403: 'This belongs to somebody else. Is it yours? Then sign in as you.',
  404: 'There is no such page. The address may be mistyped, or what it led to is gone.',
};

const unexpected = { status: 500, message: 'Something went wrong on our side. Nothing was lost.' };

type Query = Record<string, string | string[] | undefined>;

/** The parts of the address that Next.js passes to a page. */
export interface PageProps {
  params: Promise<{ id: string }>;
  searchParams: Promise<Query>;
}

/** The first value of a query parameter. */
export const one = (query: Query, name: string): string | undefined => {
  const value = query[name];
  return Array.isArray(value) ? value[0] : value;
};
