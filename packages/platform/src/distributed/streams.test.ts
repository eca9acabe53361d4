/** Streams that several versions of their service declare. */
import { useNats, useScene } from '@fairseat/test-support/scene';
import { nanos } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';

const scene = useScene();
const nats = useNats();

const stream = () => `${scene.namespace}_tickets`;
const subject = (type: string) => `${scene.namespace}.${type}`;

describe('a stream', () => {
  it('keeps the subjects that another version has declared, and gets those of this one', async () => {
    const newer = [subject('seat.>'), subject('row.>')];
    await nats.admin.streams.add({ name: stream(), subjects: newer });
    await scene.open().start();
    const { config } = await nats.admin.streams.info(stream());
    expect(config.subjects).toEqual([...newer, subject('ticket.>')]);
  });

  it.each([
    ['keeps the settings of a newer version', '1000', 1],
    ['gets the settings of this one where they are older', '0', 30 * 24],
  ])('%s', async (_, settings, hours) => {
    await nats.admin.streams.add({
      name: stream(),
      subjects: [subject('ticket.>')],
      max_age: nanos(3_600_000),
      metadata: { 'fairseat.settings': settings },
    });
    await scene.open().start();
    const { config } = await nats.admin.streams.info(stream());
    expect(config.max_age).toBe(nanos(hours * 3_600_000));
  });

  it('is bounded as the settings say, also where it was not before', async () => {
    await scene.open().start();
    await scene.open({ retention: { eventsKeptDays: 2, eventsMaxBytes: 2 ** 22 } }).start();
    const { config } = await nats.admin.streams.info(stream());
    const [max_age, max_bytes] = [nanos(2 * 24 * 3_600_000), 2 ** 22];
    expect(config).toMatchObject({ max_age, max_bytes, compression: 's2' });
  });
});
