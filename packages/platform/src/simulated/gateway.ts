import { currentStory, inStory } from '@fairseat/common/context';
import type { Clock, PaymentGateway, Table, TestGateway } from '@fairseat/common/ports';
import { createTestGateway, type TestPayment } from '../test-gateway.ts';
import type { Caller, Environment } from './environment.ts';
import type { SavedRecords } from './saved-records.ts';
import { asBytes, type Saved } from './table.ts';
import type { Origin, Wire } from './wire.ts';

/** The server of the payment provider: outside all processes, durable, and never wrong by itself. */
export function createGatewayServer(
  records: SavedRecords<TestPayment>,
  saved: Saved,
  environment: Environment,
): TestGateway {
  const { queue, scopes } = environment;
  const clock: Clock = {
    now: () => queue.nowMs,
    after: (delayMs, callback) =>
      environment.after(
        Math.ceil(delayMs),
        (environment.currentScope() ?? scopes.of('gateway')).next(),
        callback,
      ),
  };
  const tell = (before: TestPayment | undefined, after: TestPayment) =>
    saved({ process: 'gateway', story: currentStory()?.correlationId }, before, after, []);
  const table: Pick<Table<TestPayment>, 'get' | 'insert' | 'replace'> = {
    get: async (id) => records.all.get(id),
    async insert(record) {
      const payment = asBytes(record);
      records.insert(payment);
      tell(undefined, payment);
    },
    async replace({ version }, next) {
      const payment = asBytes(next);
      tell(records.replace(version, payment), payment);
    },
  };
  return createTestGateway(table as Table<TestPayment>, clock);
}

/** One process' way to the payment provider. */
export function createGateway(
  wire: Wire,
  origin: Origin,
  server: TestGateway,
  environment: Environment,
): TestGateway {
  const call =
    <Name extends keyof PaymentGateway | 'authenticate'>(name: Name, isWrite = true) =>
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
    testMode: true,
    open: call('open'),
    confirm: call('confirm'),
    find: call('find', false),
    cancel: call('cancel'),
    refund: call('refund'),
    authenticate: call('authenticate'),
  } as TestGateway;
}
