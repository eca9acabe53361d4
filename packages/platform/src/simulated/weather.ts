/** The faults and delays of the engines. Chances are from 0 to 1, and each is drawn by itself. */
export interface Weather {
  /** The time of one trip to an engine or back. */
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
  /** Chance that a consumer is taken as dead during a handler. Half of these stop, half go on as zombies. */
  midHandler: number;
  /** Chance that a call takes effect but throws `Unavailable`. */
  answerLost: number;
  /** Chance that a call takes no effect and throws `Unavailable`, or that a watched event is lost. */
  unavailable: number;
  /** The longest delay of an alarm. */
  timerLateMs: number;
  /** Chance that an alarm fires once more after it was handled. */
  timerTwice: number;
  /** Like `answerLost` and `unavailable`, for the payment gateway. */
  gatewayAnswerLost: number;
  gatewayUnavailable: number;
  /** A slow trip (by the chance `slow`) takes up to this much longer. */
  gatewaySlowMs: number;
}

/** No faults, and every trip takes a millisecond. */
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
