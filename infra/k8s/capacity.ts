/** What a marketplace of a given size needs: arithmetic on what was measured, and on what is assumed. */

/** Milliseconds of a core: of services as processes on FerretDB, NATS and Redis, 300 holds and then 300 payments, one run. */
const MEASURED_MS = {
  tickets: { hold: 2.1, payment: 3.0 },
  orders: { hold: 4.4, payment: 5.6 },
  payments: { hold: 2.1, payment: 15.4 },
  expiration: { hold: 1.2, payment: 1.4 },
  live: { hold: 0.6, payment: 1.2 },
};

export const FIGURES = {
  /** Measured, `npm run bench -- pages`: 143 lists of 20 tickets a second from one core. */
  pageMs: { value: 1000 / 143, source: 'measured' },
  /** Measured, `npm run bench -- bytes`: of a purchase, on NATS' disk, by each of its servers. */
  eventBytes: { value: 2500, source: 'measured' },
  /** Measured on the embedded platform, `npm run bench -- bytes`: of a purchase, records that stay for ever. */
  recordBytes: { value: 2300, source: 'measured' },
  /** Counted: order.created and .awaiting_payment of a hold, .secured and .completed of its payment. */
  orderEvents: { value: 2, source: 'counted' },
  /** Recorded by `npm run bench -- distributed`: commands to MongoDB that write, of a hold. */
  writes: { value: 7, source: 'measured' },
  pagesPerHold: { value: 10, source: 'assumed' },
  /** The part of holds that are paid for. */
  paid: { value: 0.8, source: 'assumed' },
  /** A pod has one core, which is used to this part. */
  use: { value: 0.7, source: 'assumed' },
  /** Messages a second of one stream of three servers that sync each. */
  streamRate: { value: 1000, source: 'assumed' },
  /** Writes a second of one primary, acknowledged by a majority. */
  primaryRate: { value: 5000, source: 'assumed' },
  /** Dollars a month. */
  coreCost: { value: 25, source: 'assumed' },
  gigabyteCost: { value: 0.1, source: 'assumed' },
} as const;

const NATS_SERVERS = 3;
const MONGODB_SERVERS = 3;
const CORES_OF_ENGINE = 4;
const LEAST_PODS = 2;

export interface Capacity {
  pods: Record<string, number>;
  /** Streams of orders' events, of NATS clusters of three. The product has one. */
  streams: number;
  /** Replica sets of MongoDB. The product has one for each service at most. */
  shards: number;
  /** Bytes a day, with all copies. */
  eventBytesPerDay: number;
  recordBytesPerDay: number;
  dollarsPerMonth: number;
}

/** @param holdsPerMinute the peak, and also the mean by which disks fill: days are quieter than their peak. */
export function capacityOf(holdsPerMinute: number): Capacity {
  const value = (name: keyof typeof FIGURES) => FIGURES[name].value;
  const holds = holdsPerMinute / 60;
  const payments = holds * value('paid');
  const podsOf = (msPerSecond: number) =>
    Math.max(LEAST_PODS, Math.ceil(msPerSecond / 1000 / value('use')));
  const pods: Record<string, number> = { auth: LEAST_PODS, feed: LEAST_PODS };
  for (const [name, { hold, payment }] of Object.entries(MEASURED_MS)) {
    pods[name] = podsOf(holds * hold + payments * payment);
  }
  pods['client'] = podsOf(holds * value('pagesPerHold') * value('pageMs'));
  const streams = Math.ceil(((holds + payments) * value('orderEvents')) / value('streamRate'));
  // A payment is taken to write as much as a hold.
  const shards = Math.ceil((2 * holds * value('writes')) / value('primaryRate'));
  const purchasesPerDay = holds * 86_400;
  const eventBytesPerDay = purchasesPerDay * value('eventBytes') * NATS_SERVERS;
  const recordBytesPerDay = purchasesPerDay * value('recordBytes') * MONGODB_SERVERS;
  const engineCores = (streams * NATS_SERVERS + shards * MONGODB_SERVERS) * CORES_OF_ENGINE;
  const cores = Object.values(pods).reduce((sum, count) => sum + count, 0) + engineCores;
  const gigabytes = (eventBytesPerDay * 30 + recordBytesPerDay * 365) / 1e9;
  return {
    ...{ pods, streams, shards, eventBytesPerDay, recordBytesPerDay },
    dollarsPerMonth: cores * value('coreCost') + gigabytes * value('gigabyteCost'),
  };
}
