import { currentStory, inStory } from '@fairseat/common/context';
import type { Clock, PaymentGateway } from '@fairseat/common/ports';
import type { Caller, Environment } from './environment.ts';
import type { Origin, Wire } from './wire.ts';

/** The clock of the payment provider, whose server is outside all processes and has no faults of its own. */
export const providerClock = (environment: Environment): Clock => ({
  now: () => environment.queue.nowMs,
  monotonic: () => environment.queue.nowMs,
  after: (delayMs, callback) =>
    environment.after(
      Math.ceil(delayMs),
      (environment.currentScope() ?? environment.scopes.of('gateway')).next(),
      callback,
    ),
});

/** Calls of the provider to its own tables, which are never lost or late. */
export const withinProvider = {
  origin: { name: 'gateway', isAlive: true },
  wire: {
    call: async (origin, _call, act) =>
      act({ process: origin.name, story: currentStory()?.correlationId }),
  } satisfies Pick<Wire, 'call'>,
};

/** One process' access to the payment provider. */
export function createGateway(
  wire: Wire,
  origin: Origin,
  server: PaymentGateway,
  environment: Environment,
): PaymentGateway {
  const call =
    (
      name: Exclude<keyof PaymentGateway, 'testMode' | 'name' | 'form' | 'verify' | 'list'>,
      isWrite = true,
    ) =>
    async (...args: unknown[]) => {
      const act = async (caller: Caller) => {
        const tell = (answer: unknown) =>
          environment.tell(caller, { kind: 'gateway', call: name, args, answer });
        try {
          const ask = server[name] as (...args: unknown[]) => Promise<unknown>;
          const answer = await ask(...args);
          tell(answer);
          return answer;
        } catch (error) {
          tell(String(error));
          throw error;
        }
      };
      const story = currentStory();
      return wire.call(
        origin,
        { engine: 'gateway', owner: 'gateway', name: `gateway.${name}`, about: '', isWrite },
        (caller) => (story ? inStory(story, () => act(caller)) : act(caller)),
      );
    };
  return {
    testMode: server.testMode,
    name: server.name,
    open: call('open'),
    confirm: call('confirm'),
    capture: call('capture'),
    find: call('find', false),
    cancel: call('cancel'),
    refund: call('refund'),
    ...(server.list && { list: server.list }),
    ...(server.authenticate && { authenticate: call('authenticate') }),
  } as PaymentGateway;
}
