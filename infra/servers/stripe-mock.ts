/** stripe-mock, by which Stripe checks the form of requests, and the description of Stripe's API that comes with it. */
import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { cache, go, kept, telling } from './install.ts';

const MODULE = 'github.com/stripe/stripe-mock@v0.203.0';

const folder = join(cache, MODULE.replaceAll('/', '-'));
const paths = {
  /** Listens on all interfaces, unless told `-http-addr 127.0.0.1:PORT`. */
  program: join(folder, 'stripe-mock'),
  /** OpenAPI 3, in JSON. */
  description: join(folder, 'spec3.json'),
};

/** Where both are, or undefined where they are not yet. */
export const findStripeMock = () => (existsSync(folder) ? paths : undefined);

/**
 * Where both are, installed if need be.
 * @throws what to do where they cannot be.
 */
export async function stripeMock(say: (line: string) => void = () => {}): Promise<typeof paths> {
  if (findStripeMock()) return paths;
  try {
    await telling('stripe-mock', say, () => kept(folder, build));
    return paths;
  } catch (error) {
    const reason = (error as Error).message;
    throw new Error(`There is no stripe-mock. Install Go. What was tried: ${reason}`, {
      cause: error,
    });
  }
}

async function build(GOBIN: string) {
  await go(['install', MODULE], { env: { GOBIN } });
  const { Dir: source } = JSON.parse(await go(['mod', 'download', '-json', MODULE]));
  await cp(join(source, 'embedded/openapi/spec3.json'), join(GOBIN, 'spec3.json'));
}
