/** How people of a run pay, and what their banks do. */
import { UNKNOWN_TOKEN } from './checkers/answers.ts';
import { stream } from './random.ts';

/** The cards of an order that may be declined, where another may be tried. */
export const MOST_DECLINES = 3;

/** What operators are told of banks, which is no failure of a service. */
export const TOLD_OF_BANKS = /a refund came back|a buyer asks their bank/;

export interface Money {
  /** Of the setting; unset for the default. */
  currency?: string;
  /** Of the setting; unset for the default. */
  decline?: 'retry';
  /** True when banks also take long to give money back, do not take it, or ask for it. */
  banksAskBack?: true;
}

export const drawMoney = (seed: number): Money => ({
  currency: stream(seed, 'currency')() < 0.3 ? 'eur' : 'usd',
  ...(stream(seed, 'decline')() < 0.5 && { decline: 'retry' }),
  banksAskBack: true,
});

export const settingsOf = ({ currency, decline }: Money) => ({
  ...(currency && { CURRENCY: currency }),
  ...(decline && { DECLINE: decline, DECLINES_PER_ORDER: String(MOST_DECLINES) }),
});

export const TOKENS = [
  ...Array<string>(12).fill('pm_card_visa'),
  ...Array<string>(2).fill('pm_card_mastercard'),
  ...Array<string>(3).fill('pm_card_authenticationRequired'),
  'pm_card_chargeDeclined',
  'pm_card_chargeDeclinedInsufficientFunds',
  'pm_fairseat_slow',
  'pm_fairseat_answerLost',
  'pm_fairseat_unavailable',
  'pm_fairseat_captureRefused',
  'pm_fairseat_takesAtOnce',
  'pm_fairseat_takesAtOnce',
  'pm_fairseat_processing',
  UNKNOWN_TOKEN,
];

/** Also with what a bank does once the money was taken at once. */
export const TOKENS_OF_BANKS = [
  ...TOKENS,
  ...Array<string>(3).fill('pm_fairseat_refundPending'),
  ...Array<string>(3).fill('pm_fairseat_refundPendingFails'),
  ...Array<string>(3).fill('pm_fairseat_disputed'),
  ...Array<string>(3).fill('pm_card_chargeDeclined'),
];
