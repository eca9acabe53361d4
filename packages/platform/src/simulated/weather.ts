/** How badly the engines behave. Chances are from 0 to 1, each draw for itself. */
export interface Weather {
  /** How long each trip to an engine or back takes. */
  latencyMs: readonly [least: number, most: number];
  /** Chance that one trip takes up to `slowMs` longer. */
  slow: number;
  slowMs: number;
  /** Chance that an event is delivered once more although it was acknowledged. */
  duplicate: number;
  /** Chance that an event is held back for up to `reorderMs`, so that others overtake it. */
  reorder: number;
  reorderMs: number;
  /** Chance that an event was handled but its acknowledgement is lost, so that it comes again. */
  ackLost: number;
  /** Chance that a consumer is taken as dead in the middle of a handler: half of them stop there, half go on as zombies. */
  midHandler: number;
  /** Chance that a call took effect but its caller is told `Unavailable`. */
  answerLost: number;
  /** Chance that a call took no effect and its caller is told `Unavailable`, or that a watched event is lost. */
  unavailable: number;
  /** Alarms ring up to so late. */
  timerLateMs: number;
  /** Chance that an alarm rings once more after it was handled. */
  timerTwice: number;
  /** As `answerLost` and `unavailable`, for the payment gateway. */
  gatewayAnswerLost: number;
  gatewayUnavailable: number;
  /** A slow trip (by the chance `slow`) takes up to so much longer. */
  gatewaySlowMs: number;
}

/** Nothing goes wrong, and every trip takes a millisecond. */
export const clear: Weather = {
  latencyMs: [1, 1],
  slow: 0,
  slowMs: 0,
  duplicate: 0,
  reorder: 0,
  reorderMs: 0,
  ackLost: 0,
  midHandler: 0,
  answerLost: 0,
  unavailable: 0,
  timerLateMs: 0,
  timerTwice: 0,
  gatewayAnswerLost: 0,
  gatewayUnavailable: 0,
  gatewaySlowMs: 0,
};
