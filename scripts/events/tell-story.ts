/** The story of an order for people: as lines of text, and as a Mermaid picture. */
import type { AnyEvent } from '@fairseat/common/events';
import { publisherOf } from '@fairseat/common/events';
import type { Missing, Story } from './story.ts';
import { hearersOf, type Listeners } from './tell.ts';

export function asText(told: Story): string[] {
  const { orderId, events, missing } = told;
  return [
    `Order ${orderId}: ${stateOf(told)}`,
    '',
    ...events.map((event) => {
      const { time, source, type } = event;
      return `${time}  ${source.padEnd(10)}  ${type.padEnd(22)}  ${detailOf(event)}`.trimEnd();
    }),
    '',
    ...(missing.length === 0 ? ['Nothing is missing.'] : []),
    ...missing.map((each) => `Missing: ${asked(each)}, due since ${each.since}`),
  ];
}

/** A sequence diagram: each event goes from its publisher to all that hear it. */
export function asPicture({ events, missing }: Story, listeners: Listeners): string[] {
  const lines = events.flatMap((event) => {
    const what = [event.type, detailOf(event)].filter(Boolean).join(': ');
    const hearers = hearersOf(event.type, listeners).filter((name) => name !== event.source);
    return hearers.length === 0
      ? [`  Note over ${event.source}: ${what}`]
      : hearers.map((hearer) => `  ${event.source}--)${hearer}: ${what}`);
  });
  const notes = missing.map(
    (each) => `  Note over ${publishersOf(each)}: missing ${each.types.join(' or ')}`,
  );
  return ['sequenceDiagram', ...lines, ...notes];
}

const publishersOf = ({ types }: Missing) => [...new Set(types.map(publisherOf))].join(',');
const asked = (each: Missing) => `${each.types.join(' or ')} from ${publishersOf(each)}`;

function stateOf({ order, money, lock }: Story): string {
  if (order === undefined) return 'none of its own events is kept';
  const { status, reason, ticket, ticketId } = order;
  const parts = [
    reason ? `${status} (${reason})` : status,
    `ticket ${ticketId} (${lock}) at ${ticket.price}`,
    money ? `${money.type} of ${money.charge.amount} ${money.charge.currency}` : 'no money',
  ];
  return parts.join(', ');
}

/** What an event says beyond its type. Words of people are left out, so that nothing in it can end a line of a picture. */
function detailOf({ type, data }: AnyEvent): string {
  const { reason, refusal, decline, refund, amount, currency } = data as {
    [name in 'reason' | 'currency']?: string;
  } & {
    refusal?: { reason: string };
    decline?: { code: string } | null;
    refund?: { status: string; amount: number };
    amount?: number;
  };
  const isEnd = type === 'charge.failed';
  const parts = [
    reason ?? refusal?.reason,
    amount && `${amount} ${currency}`,
    isEnd && decline?.code,
    refund && `${refund.amount} given back, ${refund.status}`,
  ];
  return parts
    .filter(Boolean)
    .join(', ')
    .replaceAll(/[^\w ,.-]/g, ' ');
}
