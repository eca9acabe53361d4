import { currentVisit } from './visit.ts';

/** What Stripe's script and its frames need. */
const needed: Record<string, string> = {
  'script-src': 'https://js.stripe.com',
  'frame-src': 'https://js.stripe.com https://hooks.stripe.com',
  'connect-src': 'https://api.stripe.com',
  'img-src': 'https://*.stripe.com',
};

/** The content security policy with Stripe allowed in it. */
export function withStripe(policy: string): string {
  const directives = new Map(
    policy.split('; ').map((directive) => {
      const [name = '', ...sources] = directive.split(' ');
      return [name, sources];
    }),
  );
  for (const [name, sources] of Object.entries(needed)) {
    directives.set(name, [...(directives.get(name) ?? []), sources]);
  }
  return [...directives].map(([name, sources]) => [name, ...sources].join(' ')).join('; ');
}

/** Allows Stripe on the page that is being rendered, and on no other. */
export function allowStripe() {
  const { request, response } = currentVisit();
  if (response.headersSent) return;
  const policy = request.headers['content-security-policy'];
  response.setHeader('content-security-policy', withStripe(String(policy)));
  // Some ways to pay open a window, which must be able to answer.
  response.setHeader('cross-origin-opener-policy', 'same-origin-allow-popups');
}
