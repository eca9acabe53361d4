import { openLocalStripe } from '@fairseat/test-support/local-stripe';
import { describe, expect, it } from 'vitest';
import { answerPage } from './index.ts';

type Opened = Awaited<ReturnType<typeof openLocalStripe>>;

const return_url = 'https://tickets.example/orders/1?lang=en';
const held = { payment_method_options: { card: { capture_method: 'manual' as const } } };

/** A payment whose buyer is asked by their bank, and the way there. */
async function asked(payment_method = 'pm_card_threeDSecure2Required', given?: Opened) {
  const opened = given ?? (await openLocalStripe());
  const intent = await opened.stripe.paymentIntents.create({
    amount: 4990,
    currency: payment_method === 'pm_local_ideal' ? 'eur' : 'usd',
    allowed_payment_method_types: ['card', 'ideal'],
    ...held,
    payment_method,
    confirm: true,
    return_url,
  });
  const url = String(intent.next_action?.redirect_to_url?.url);
  const browse = (method: string, body = '', path = url.replace(opened.local.origin, '')) =>
    answerPage(opened.local, { method, path, body });
  const statusOf = async () => (await opened.stripe.paymentIntents.retrieve(intent.id)).status;
  return { ...opened, intent, url, browse, statusOf };
}

const wayBack = (location: string | undefined) =>
  Object.fromEntries(new URL(location ?? '').searchParams);

describe("the bank's page", () => {
  it('is plain HTML that runs no script and is shown in no frame', async () => {
    const { browse, url, local } = await asked();
    expect(url).toMatch(`${local.origin}/bank/`);
    const page = await browse('GET');
    expect(page.status).toBe(200);
    expect(page.body).toContain('<html lang="en">');
    expect(page.body).toContain('49.90 USD');
    expect(page.body).not.toMatch(/<script|style=|https?:/);
    const policy = page.headers['content-security-policy'];
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; /);
    expect(policy).toContain("form-action 'self' https://tickets.example;");
    expect(policy).toContain("frame-ancestors 'none'");
  });

  it('sends the buyer back once they have confirmed', async () => {
    const { browse, intent, statusOf } = await asked();
    const page = await browse('POST', 'answer=approve');
    expect(page.status).toBe(303);
    expect(page.headers['location']).toMatch('https://tickets.example/orders/1');
    expect(wayBack(page.headers['location'])).toEqual({
      lang: 'en',
      payment_intent: intent.id,
      payment_intent_client_secret: intent.client_secret,
      redirect_status: 'succeeded',
    });
    expect(await statusOf()).toBe('requires_capture');
  });

  it('sends them back when they refuse, and another card may follow', async () => {
    const { browse, stripe, intent } = await asked();
    const page = await browse('POST', 'answer=refuse');
    expect(wayBack(page.headers['location'])).toMatchObject({ redirect_status: 'failed' });
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'payment_intent_authentication_failure' },
    });
  });

  it('counts the first answer alone, however often a button is pressed', async () => {
    const { browse, statusOf, types } = await asked();
    const pages = await Promise.all(
      ['approve', 'approve', 'refuse', 'approve'].map((answer) =>
        browse('POST', `answer=${answer}`),
      ),
    );
    const told = pages.map(({ headers }) => wayBack(headers['location'])['redirect_status']);
    expect(new Set(told).size).toBe(1);
    expect(['requires_capture', 'requires_payment_method']).toContain(await statusOf());
    const asks = () => types().filter((type) => type === 'charge.succeeded').length;
    await expect.poll(() => types().at(-1)).toMatch(/amount_capturable_updated|payment_failed/);
    expect(asks()).toBeLessThan(2);
  });

  it('has nothing to ask once the payment was canceled while it was open', async () => {
    const { browse, stripe, intent, statusOf } = await asked();
    await stripe.paymentIntents.cancel(intent.id);
    const page = await browse('GET');
    expect(page.body).toContain('waits for no answer');
    expect(page.body).not.toContain('<form');
    const late = await browse('POST', 'answer=approve');
    expect(wayBack(late.headers['location'])).toMatchObject({ redirect_status: 'failed' });
    expect(await statusOf()).toBe('canceled');
  });

  it('lets nobody answer without its key', async () => {
    const { browse, intent, statusOf } = await asked();
    for (const path of [
      `/bank/${intent.id}`,
      `/bank/${intent.id}?key=other`,
      '/bank/pi_none',
      '/',
    ]) {
      expect((await browse('POST', 'answer=approve', path)).status).toBe(404);
    }
    expect((await browse('POST', 'answer=perhaps')).status).toBe(400);
    expect(await statusOf()).toBe('requires_action');
  });

  it('declines a card after the buyer has confirmed', async () => {
    const { browse, stripe, intent } = await asked('pm_card_threeDSecureRequiredChargeDeclined');
    const page = await browse('POST', 'answer=approve');
    expect(wayBack(page.headers['location'])).toMatchObject({ redirect_status: 'failed' });
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'card_declined' },
    });
  });

  it('moves the money of a bank redirect at once, although cards are held', async () => {
    const { browse, statusOf } = await asked('pm_local_ideal');
    await browse('POST', 'answer=approve');
    expect(await statusOf()).toBe('succeeded');
  });
});

describe('a checkout session', () => {
  const open = async () => {
    const opened = await openLocalStripe();
    const session = await opened.stripe.checkout.sessions.create({
      mode: 'payment',
      success_url: 'https://tickets.example/orders/1?session={CHECKOUT_SESSION_ID}',
      cancel_url: 'https://tickets.example/orders/1',
      client_reference_id: '1',
      ...held,
      line_items: [
        {
          quantity: 2,
          price_data: { currency: 'usd', unit_amount: 2500, product_data: { name: '<b>A</b>' } },
        },
      ],
    });
    const path = new URL(String(session.url)).pathname;
    const browse = (method: string, body = '', to = path) =>
      answerPage(opened.local, { method, path: to, body });
    const find = () =>
      opened.stripe.checkout.sessions.retrieve(session.id, { expand: ['payment_intent'] });
    return { ...opened, session, browse, find };
  };

  it('is paid on a page without scripts, and held', async () => {
    const { session, browse, find, types } = await open();
    expect(session).toMatchObject({ status: 'open', amount_total: 5000, payment_intent: null });
    const page = await browse('GET');
    expect(page.body).toContain('50.00 USD');
    expect(page.body).toContain('value="pm_card_visa" checked');
    const paid = await browse('POST', 'method=pm_card_visa');
    expect(paid.headers['location']).toBe(`https://tickets.example/orders/1?session=${session.id}`);
    expect(await find()).toMatchObject({
      status: 'complete',
      url: null,
      payment_status: 'unpaid',
      payment_intent: { status: 'requires_capture', amount: 5000 },
    });
    await expect.poll(types).toContain('checkout.session.completed');
    expect((await browse('GET')).body).toContain('is over');
  });

  it('shows a decline, and takes another card after a word with the bank', async () => {
    const { session, browse, find } = await open();
    const declined = await browse('POST', 'method=pm_card_chargeDeclined');
    expect(declined.status).toBe(402);
    expect(declined.body).toContain('role="alert">Your card was declined.');
    const asks = await browse('POST', 'method=pm_card_authenticationRequired');
    const bank = new URL(asks.headers['location'] ?? '');
    const back = await browse('POST', 'answer=refuse', bank.pathname + bank.search);
    expect(back.headers['location']).toMatch(`/checkout/${session.id}`);
    const again = await browse('POST', 'method=pm_card_authenticationRequired');
    const second = new URL(again.headers['location'] ?? '');
    const done = await browse('POST', 'answer=approve', second.pathname + second.search);
    expect(done.headers['location']).toMatch('https://tickets.example/orders/1');
    expect((await find()).status).toBe('complete');
  });

  it('is expired by request or by time, and then takes no card', async () => {
    const { stripe, session, browse, find, types, clock } = await open();
    expect(await stripe.checkout.sessions.expire(session.id)).toMatchObject({ status: 'expired' });
    expect((await browse('POST', 'method=pm_card_visa')).body).toContain('is over');
    expect(await find()).toMatchObject({ status: 'expired', payment_intent: null });
    await expect(stripe.checkout.sessions.expire(session.id)).rejects.toMatchObject({
      statusCode: 400,
    });
    await expect.poll(types).toEqual(['checkout.session.expired']);
    const other = await open();
    other.clock.advance(24 * 3_600_000);
    expect(await other.find()).toMatchObject({ status: 'expired' });
    expect(clock.now()).toBeLessThan(other.clock.now());
  });

  it('lasts 30 minutes at least', async () => {
    const { stripe, clock } = await openLocalStripe();
    const create = (minutes: number) =>
      stripe.checkout.sessions.create({
        mode: 'payment',
        success_url: 'https://tickets.example/',
        expires_at: Math.floor(clock.now() / 1000) + minutes * 60,
        line_items: [
          {
            quantity: 1,
            price_data: { currency: 'usd', unit_amount: 100, product_data: { name: 'A' } },
          },
        ],
      });
    await expect(create(15)).rejects.toMatchObject({ param: 'expires_at' });
    expect((await create(30)).status).toBe('open');
  });
});
