import { eventTypes, isEventType, nounOf } from '@fairseat/common/events';

/** Which event types somebody may hear, or wants to. */
export interface Scope {
  /** The same for the same types. */
  key: string;
  has(type: string): boolean;
}

const isOfNoun = (pattern: string) => pattern.endsWith('.*');

/** The types that a list such as `order.completed,ticket.*` names. */
export function scopeOf(list: string): Scope {
  const patterns = [...new Set(list.split(','))].toSorted();
  const types = new Set(patterns);
  return {
    key: patterns.join(),
    has: (type) => types.has('*') || types.has(type) || types.has(`${nounOf(type)}.*`),
  };
}

/** Those in a list that are no event types, nor nouns of any. */
export const unknownIn = (list: string): string[] =>
  list.split(',').filter((pattern) => {
    if (pattern === '*') return false;
    return isOfNoun(pattern)
      ? !eventTypes().some((type) => nounOf(type) === nounOf(pattern))
      : !isEventType(pattern);
  });

/** The event types of one scope that another does not have. */
export const beyond = (wanted: Scope, allowed: Scope): string[] =>
  eventTypes().filter((type) => wanted.has(type) && !allowed.has(type));
