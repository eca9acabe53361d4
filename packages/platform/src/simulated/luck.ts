/** Random numbers by name: a draw depends on the seed and on its occasion, never on what else happens. */

/** A small, fast random number generator (sfc32). */
export class Luck {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(a: number, b: number, c: number) {
    this.#a = a;
    this.#b = b;
    this.#c = c;
    for (let round = 0; round < 12; round++) this.bits();
  }

  /** 32 random bits. */
  bits(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Returns a number from 0 to below 1. */
  next(): number {
    return this.bits() / 2 ** 32;
  }

  /** Draws one number whatever the chance is, so that the next draws stay the same. */
  chance(chance: number): boolean {
    return this.next() < chance;
  }

  /** Returns a whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }
}

/** The draws under one name, which are the same whatever others draw. */
export class Scope {
  readonly #h1: number;
  readonly #h2: number;
  #drawn = 0;
  #children: Map<string, number> | undefined;

  constructor(h1: number, h2: number) {
    this.#h1 = h1;
    this.#h2 = h2;
  }

  /** Returns the luck of the next occasion under this name. */
  next(): Luck {
    this.#drawn += 1;
    return new Luck(this.#h1, this.#h2, this.#drawn);
  }

  /** Returns the scope of a name within this one: another one at each call. */
  child(name: string): Scope {
    this.#children ??= new Map();
    const count = (this.#children.get(name) ?? 0) + 1;
    this.#children.set(name, count);
    return named(name, this.#h1 ^ Math.imul(count, 0x9e3779b1), this.#h2);
  }
}

/** All names of one seed. */
export class Scopes {
  readonly #low: number;
  readonly #high: number;
  readonly #known = new Map<string, Scope>();

  constructor(seed: number) {
    this.#low = seed | 0;
    this.#high = Math.floor(seed / 2 ** 32) | 0;
  }

  /** Returns the luck of the first occasion under this name. */
  first(name: string): Luck {
    return named(name, this.#low, this.#high).next();
  }

  of(name: string): Scope {
    let scope = this.#known.get(name);
    if (scope === undefined) {
      scope = named(name, this.#low, this.#high);
      this.#known.set(name, scope);
    }
    return scope;
  }
}

/** Hashes the name with two seeds, to two hashes (cyrb53). */
function named(name: string, from1: number, from2: number): Scope {
  let h1 = 0xdeadbeef ^ from1;
  let h2 = 0x41c6ce57 ^ from1 ^ Math.imul(from2, 0x9e3779b1);
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index);
    h1 = Math.imul(h1 ^ code, 2654435761);
    h2 = Math.imul(h2 ^ code, 1597334677);
  }
  h1 = Math.imul(h1 ^ (h1 >>> 16), 2246822507) ^ Math.imul(h2 ^ (h2 >>> 13), 3266489909);
  h2 = Math.imul(h2 ^ (h2 >>> 16), 2246822507) ^ Math.imul(h1 ^ (h1 >>> 13), 3266489909);
  return new Scope(h1, h2);
}
