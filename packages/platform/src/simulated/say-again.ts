import type { Environment } from './environment.ts';
import type { Member } from './process.ts';

const LOOK_WITHIN_MS = 5000;

/** How far a service is with saying everything again, as its database knows it. */
interface Wanted {
  asked: number;
  said: number;
  /** The process that is saying it. */
  busy: Member | undefined;
}

/** Has services say every record's state again, each by one of its processes at a time. */
export class SayAgain {
  readonly #environment: Environment;
  readonly #sayers = new Map<string, Map<Member, () => Promise<void>>>();
  readonly #wanted = new Map<string, Wanted>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  get isQuiet() {
    return [...this.#wanted.values()].every(({ asked, said }) => asked === said);
  }

  add(member: Member, service: string, sayAgain: () => Promise<void>) {
    const sayers = this.#sayers.get(service) ?? new Map();
    this.#sayers.set(service, sayers.set(member, sayAgain));
    member.onStart(() => {
      const { asked = 0, said = 0 } = this.#wanted.get(service) ?? {};
      if (asked > said) this.#look(service);
    });
    member.onEnd(() => {
      sayers.delete(member);
      const wanted = this.#wanted.get(service);
      if (wanted?.busy !== member) return;
      wanted.busy = undefined;
      this.#look(service);
    });
  }

  /** For a service that says nothing, nothing is wanted. */
  ask(service: string) {
    if (!this.#sayers.has(service)) return;
    const wanted = this.#wanted.get(service) ?? { asked: 0, said: 0, busy: undefined };
    this.#wanted.set(service, wanted);
    wanted.asked += 1;
    this.#look(service);
  }

  askAll() {
    for (const service of this.#sayers.keys()) this.ask(service);
  }

  #look(service: string) {
    const luck = this.#environment.scopes.of(`${service} says again`).next();
    this.#environment.after(luck.between(0, LOOK_WITHIN_MS), luck, () => void this.#say(service));
  }

  async #say(service: string) {
    const wanted = this.#wanted.get(service) as Wanted;
    const ready = [...(this.#sayers.get(service) ?? [])].filter(([member]) => member.isReady);
    const luck = this.#environment.scopes.of(`${service} says again`).next();
    const [member, sayAgain] = ready[luck.between(0, ready.length - 1)] ?? [];
    if (!member || !sayAgain || wanted.busy || wanted.asked === wanted.said) return;
    wanted.busy = member;
    const { asked } = wanted;
    try {
      await sayAgain();
      wanted.said = asked;
    } catch {
      // It is tried again.
    }
    if (wanted.busy === member) wanted.busy = undefined;
    if (wanted.asked > wanted.said) this.#look(service);
  }
}
