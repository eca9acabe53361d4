/** `npm run capacity -- --holds-per-minute 100000` */
import { parseArgs } from 'node:util';
import { capacityOf, FIGURES } from './capacity.ts';

/** One of each is what the product can use. */
const notBuilt = (count: number) => (count > 1 ? ': needs partitions, which are not built' : '');

const { values } = parseArgs({ options: { 'holds-per-minute': { type: 'string' } } });
const holds = Number(values['holds-per-minute']);
if (Number.isInteger(holds) && holds > 0) print(holds);
else {
  console.error('npm run capacity -- --holds-per-minute 1000: expected a whole number from 1');
  process.exitCode = 1;
}

function print(holdsPerMinute: number) {
  const { pods, streams, shards, ...rest } = capacityOf(holdsPerMinute);
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toPrecision(3)} GB a day`;
  const lines = [
    ...Object.entries(pods).map(([name, count]) => [name, `${count} pods of a core`]),
    ['NATS', `${streams} clusters of three for the stream of orders${notBuilt(streams)}`],
    ['MongoDB', `${shards} replica sets of three${notBuilt(shards)}`],
    ['events', `${gigabytes(rest.eventBytesPerDay)} in three copies, for 30 days`],
    ['records', `${gigabytes(rest.recordBytesPerDay)} in three copies, for ever`],
    ['cost', `about ${Math.round(rest.dollarsPerMonth)} dollars a month after a year`],
  ];
  for (const [name = '', text] of lines) console.log(name.padEnd(12), text);
  console.log('\nProcessor time of the services: measured, one run (docs/scale.md). Beside that:');
  for (const [name, { value, source }] of Object.entries(FIGURES)) {
    console.log(`  ${name.padEnd(14)} ${Number(value.toPrecision(3))} ${source}`);
  }
}
