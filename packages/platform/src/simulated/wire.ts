import { currentStory } from '@fairseat/common/context';
import { Unavailable } from '@fairseat/common/errors';
import { type Caller, type Environment, works } from './environment.ts';
import type { Engine } from './history.ts';
import type { Luck } from './luck.ts';

export interface Call {
  engine: Engine;
  /** The part of the engine that answers: a service's database, a group, a service's alarms. */
  owner: string;
  /** Its name in luck and stories, such as `orders_orders.insert`. */
  name: string;
  /** The record or key that it is about. */
  about: string;
  isWrite: boolean;
}

/** The origin of calls. Once it is not alive, no answer reaches it. */
export interface Origin {
  readonly name: string;
  readonly isAlive: boolean;
  /** True once it has ended in order, after all its work. */
  readonly hasStopped?: boolean;
  /** Counts its calls under way that no engine gave it: those of requests and of periodic work. */
  ownCalls?: number;
  /** Does work now, or when a pause of it is over. */
  whenAwake?(work: () => void): void;
}

/** The network between processes and engines, with all its weather. */
export class Wire {
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /**
   * Calls an engine, which runs `act` all at once when the call arrives. The promise never settles when its process has
   * ended meanwhile; a write on its way is then done or lost.
   */
  call<T>(origin: Origin, call: Call, act: (caller: Caller) => T | Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const environment = this.#environment;
    const { queue } = environment;
    const work = works.getStore();
    const story = currentStory()?.correlationId;
    const caller = { process: origin.name, story };
    if (origin.hasStopped && !work?.isZombie && !work?.isStopped) {
      const reason = `${call.name} was called after the end`;
      environment.tell(caller, { kind: 'error', message: 'work goes on after a stop', reason });
    }
    if (!origin.isAlive || work?.isStopped) return promise;

    const scope = environment.currentScope();
    const luck = (scope ?? periodicScope(environment, origin, call)).next();
    const fate = this.#fate(call, luck);
    const sentMs = queue.nowMs;
    if (work && work.callsLeft-- === 0) {
      if (work.isZombie) fate.thereMs += fate.zombieMs;
      else work.isStopped = true;
    }
    const counts = call.isWrite || scope !== undefined;
    if (counts) environment.underWay += 1;
    const isOwn = work === undefined && origin.ownCalls !== undefined;
    if (isOwn) origin.ownCalls = (origin.ownCalls ?? 0) + 1;
    const answer = (deliver: () => void) =>
      environment.after(fate.backMs, luck, () => {
        if (counts) environment.underWay -= 1;
        if (isOwn) origin.ownCalls = (origin.ownCalls ?? 0) - 1;
        const arrive = () => {
          if (origin.isAlive && !work?.isStopped) deliver();
        };
        if (origin.whenAwake) origin.whenAwake(arrive);
        else arrive();
      });
    const refuse = (error: unknown) => answer(() => reject(error));
    const accept = (value: T) => {
      if (!fate.isAnswerLost) return answer(() => resolve(value));
      environment.fault(caller, 'answer lost', call.name);
      return refuse(new Unavailable(`The answer of ${call.name} was lost.`));
    };

    queue.at(queue.nowMs + fate.thereMs, luck.next(), () => {
      const isLost = fate.isLostWithProcess || environment.wasPutBackSince(sentMs, call.owner);
      if (!origin.isAlive && isLost) {
        if (counts) environment.underWay -= 1;
        if (call.isWrite) environment.fault(caller, 'lost with its process', call.name);
        return;
      }
      if (fate.isUnavailable) environment.fault(caller, 'unavailable', call.name);
      const asked = { process: origin.name, isWrite: call.isWrite };
      const isAway = environment.outageUntil(call.engine, call.owner, asked) !== undefined;
      if (fate.isUnavailable || isAway) {
        refuse(new Unavailable(`${call.name} cannot be reached.`));
        return;
      }
      settle(() => act(caller), accept, refuse);
    });
    return promise;
  }

  /** Draws everything that chance decides about a call, at once. */
  #fate({ engine, isWrite }: Call, luck: Luck) {
    const { weather, timing } = this.#environment;
    const isGateway = engine === 'gateway';
    const slowMs = isGateway ? weather.gatewaySlowMs : weather.slowMs;
    return {
      thereMs: this.#environment.tripMs(luck, slowMs),
      backMs: this.#environment.tripMs(luck, slowMs),
      isUnavailable: luck.chance(isGateway ? weather.gatewayUnavailable : weather.unavailable),
      isAnswerLost:
        luck.chance(isGateway ? weather.gatewayAnswerLost : weather.answerLost) && isWrite,
      isLostWithProcess: luck.chance(0.5) || !isWrite,
      zombieMs: luck.between(0, timing.ackWaitMs * 2),
    };
  }
}

/** Periodic work draws by call and record, since the number of its rounds depends on everything else. */
const periodicScope = ({ scopes }: Environment, { name }: Origin, call: Call) =>
  scopes.of(name).child(`${call.name} ${call.about}`);

/** Settles like a promise, but at once when there is nothing to wait for. */
function settle<T>(
  act: () => T | Promise<T>,
  accept: (value: T) => void,
  refuse: (error: unknown) => void,
) {
  let value: T | Promise<T>;
  try {
    value = act();
  } catch (error) {
    refuse(error);
    return;
  }
  if (value instanceof Promise) value.then(accept, refuse);
  else accept(value);
}
