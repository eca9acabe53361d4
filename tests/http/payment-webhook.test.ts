/** What strangers send to the address at which payments hears from Stripe. */
import { TestMarketplace } from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { message, signature, snapshot } from '@fairseat/test-support/stripe-messages';
import { StripeScene } from '@fairseat/test-support/stripe-scene';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doors } from './doors.ts';

const LIMIT = 256 * 1024;
const JSON_TYPE = { 'content-type': 'application/json' };
const event = snapshot('payment_intent.succeeded', { object: 'payment_intent', id: 'pi_1' });
const text = JSON.stringify(event);

describe.each(doors)('the webhook of services %s', (_, door) => {
  let scene: StripeScene;
  beforeAll(async () => {
    scene = await StripeScene.open(door);
    scene.becomes({ status: 'succeeded' });
  });
  afterAll(async () => {
    expect(await scene.order()).toBe('awaiting_payment');
    await scene[Symbol.asyncDispose]();
  });

  const header = (value: string) => ({ ...JSON_TYPE, 'stripe-signature': value });
  const now = () => scene.market.clock.now();
  const seconds = () => Math.floor(now() / 1000);

  it.each<[string, () => { payload: string | Buffer; headers: Record<string, string> }]>([
    ['without a signature', () => ({ payload: text, headers: JSON_TYPE })],
    ['with an empty one', () => ({ payload: text, headers: header('') })],
    ['with a text for one', () => ({ payload: text, headers: header('signed') })],
    ['with half of one', () => ({ payload: text, headers: header(`t=${seconds()},v1`) })],
    ['with no time', () => ({ payload: text, headers: header('t=soon,v1=00') })],
    [
      'with another scheme',
      () => {
        const good = signature(text, 'whsec_new', now());
        return { payload: text, headers: header(good.replace('v1=', 'v0=')) };
      },
    ],
    [
      'with a guess',
      () => ({ payload: text, headers: header(`t=${seconds()},v1=${'0'.repeat(64)}`) }),
    ],
    [
      'with many guesses',
      () => {
        const guesses = Array.from({ length: 200 }, (_, n) => `v1=${String(n).padStart(64, '0')}`);
        return { payload: text, headers: header(`t=${seconds()},${guesses}`) };
      },
    ],
    ['signed by another', () => scene.signed(event, 'whsec_other')],
    ['signed by nobody', () => scene.signed(event, ' ')],
    [
      'signed for another body',
      () => ({ ...scene.signed(event), payload: text.replace('pi_1', 'pi_2') }),
    ],
    ['signed and then changed in a space', () => ({ ...scene.signed(event), payload: `${text} ` })],
    ['signed six minutes ago', () => scene.signed(event, 'whsec_new', 6 * 60_000)],
    [
      'signed of old, with its time made new',
      () => {
        const old = signature(text, 'whsec_new', now() - 6 * 60_000);
        return { payload: text, headers: header(old.replace(/t=\d+/, `t=${seconds()}`)) };
      },
    ],
    ['of nothing', () => ({ payload: '', headers: scene.signed(event).headers })],
    ['of nothing, signed', () => scene.signed('')],
    ['of no JSON, signed', () => scene.signed('{"object":')],
    ['of null, signed', () => scene.signed('null')],
    [
      'that is not UTF-8',
      () => ({ payload: Buffer.from([0xff, 0xfe]), headers: header('t=1,v1=0') }),
    ],
  ])('refuses a message %s', async (_, made) => {
    const reply = await scene.send(made());
    expect(faultsOf(reply, 400)).toEqual([]);
    expect(reply.asked).toBe(0);
  });

  it.each<[string, string]>([
    ['a number', '5'],
    ['a text', '"event"'],
    ['a list', '[]'],
    ['no object', '{}'],
    ['data that is none', '{"data":null}'],
    [
      'a prototype',
      '{"__proto__":{"object":"event"},"data":{"object":{"object":"payment_intent"}}}',
    ],
    ['much depth', `${'{"data":'.repeat(5000)}{}${'}'.repeat(5000)}`],
  ])('takes signed JSON that is %s for nothing', async (_, payload) => {
    expect(await scene.send(scene.signed(payload))).toMatchObject({ status: 200, asked: 0 });
  });

  it('takes as much as its limit allows, from any origin, and says what that is', async () => {
    const padded = `{"object":"event","filler":"`;
    const full = `${padded.padEnd(LIMIT - 2, 'x')}"}`;
    const { payload, headers } = scene.signed(full);
    const elsewhere = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const answer = await scene.send({ payload, headers: { ...headers, ...elsewhere } });
    expect(answer.status).toBe(200);
    const refused = await scene.send(scene.signed(`${full} `));
    expect(faultsOf(refused, 413)).toEqual([]);
    expect(refused.body.detail).toBe('The body may have at most 256 KiB.');
  });

  it.each([
    ['another type', { 'content-type': 'text/plain' }],
    ['an encoding', { 'content-encoding': 'gzip' }],
  ])('refuses %s', async (_, changed) => {
    const { payload, headers } = scene.signed(event);
    const reply = await scene.send({ payload, headers: { ...headers, ...changed } });
    expect(faultsOf(reply, 415)).toEqual([]);
    expect(reply.asked).toBe(0);
  });

  it('is not there with the test gateway', async () => {
    await using market = await TestMarketplace.open();
    const app = await door(market);
    const { payload, headers } = message(event, 'whsec_new', market.clock.now());
    const url = '/api/payments/webhook';
    const reply = await app.inject({ method: 'POST', url, headers, payload });
    const answer = { status: reply.statusCode, headers: reply.headers, body: reply.json() };
    expect(faultsOf(answer, 404)).toEqual([]);
    if (app !== market.app) await app.close();
  });
});
