/** The local Stripe's own pages: plain HTML that needs no scripts. */
import { createHash } from 'node:crypto';

export interface Page {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const STYLE = `
:root { color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif; }
body { max-width: 30rem; margin: 3rem auto; padding: 0 1rem; }
button { font: inherit; padding: .5rem 1.25rem; margin: .5rem .5rem .5rem 0; min-height: 2.75rem; }
label { display: block; padding: .375rem 0; }
fieldset { margin: 1rem 0; }
`;

const styleHash = createHash('sha256').update(STYLE).digest('base64');

/** A text as it stands in HTML. */
export const escaped = (text: string) =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Browsers hold redirects after a form to the same rule, so it names where the form leads as well. */
const policy = (leadsTo: string | null) =>
  [
    "default-src 'none'",
    `style-src 'sha256-${styleHash}'`,
    `form-action 'self'${leadsTo === null ? '' : ` ${new URL(leadsTo).origin}`}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

export function htmlPage(
  status: number,
  title: string,
  content: string,
  leadsTo: string | null = null,
): Page {
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy(leadsTo),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${content}
</main>
</body>
</html>
`,
  };
}

export const redirect = (location: string): Page => ({
  status: 303,
  headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  body: '',
});
