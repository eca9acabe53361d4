/** A Stripe of one's own, for tests and demonstrations: no key, no network, no money. */
export { createLocalClient, createLocalSdk } from './http-client.ts';
export { launchLocalStripe } from './launch.ts';
export { LocalStripe, type LocalStripeOptions } from './local-stripe.ts';
export { answerPage } from './pages.ts';
export { serveLocalStripe } from './server.ts';
export { roughWeather } from './weather.ts';
