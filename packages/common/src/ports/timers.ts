/** Alarms that survive a restart. Each fires once or more, at or after its moment, never before. */
export interface Timers {
  /** Sets or moves the alarm of this key. `at` in milliseconds since the epoch. */
  set(key: string, at: number): Promise<void>;
  drop(key: string): Promise<void>;
  /** The alarm is dropped once the handler has resolved, and fires again later when it rejects. */
  onFire(handler: (key: string) => Promise<void>): void;
}
