/** What a browser shows while no process serves the pages. Programs get the problem document. */
import { createHash } from 'node:crypto';
import { Unavailable } from '@fairseat/common/errors';
import { type App, type Config, commonHeaders } from '@fairseat/common/kit';

const AGAIN_SECONDS = 5;
const STYLE = `:root { color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif; }
main { max-width: 32rem; margin: 15vh auto; padding: 0 1.5rem; }`;

const pageOf = (isForm: boolean) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
${isForm ? '' : `<meta http-equiv="refresh" content="${AGAIN_SECONDS}">\n`}<title>Back in a moment · Fairseat</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Back in a moment</h1>
<p>Fairseat cannot be reached right now. ${
  isForm
    ? 'Go back to what you typed, and send it again in a moment.'
    : 'Nothing was lost. This page tries again by itself.'
}</p>
</main>
</body>
</html>
`;

const HASH = createHash('sha256').update(STYLE).digest('base64');
const POLICY = `default-src 'none'; style-src 'sha256-${HASH}'; frame-ancestors 'none'`;

/** Answers who asks for HTML with a page where the processes of the app's routes are away. */
export function showAwayPage(app: App, config: Config) {
  const addHeaders = commonHeaders(config);
  app.setErrorHandler((error, request, reply) => {
    const isAway = error instanceof Unavailable;
    if (!isAway || !/\btext\/html\b/i.test(request.headers.accept ?? '')) throw error;
    request.log.warn({ err: error }, 'unavailable');
    addHeaders(request, reply);
    return reply
      .code(503)
      .header('content-security-policy', POLICY)
      .header('retry-after', String(AGAIN_SECONDS))
      .type('text/html; charset=utf-8')
      .send(pageOf(!['GET', 'HEAD'].includes(request.method)));
  });
}
