import { ended, id, servers, useScene } from '@fairseat/test-support/scene';
import { expect, it } from 'vitest';
import { readEvents } from './read-events.ts';

const scene = useScene();
const read = (...texts: string[]) =>
  readEvents({ natsUrl: servers.natsUrl, namespace: scene.namespace }, texts);

it('reads the events that have a text from all streams, compressed ones too, in the order of the server', async () => {
  const platform = scene.open();
  const compressing = scene.open({ compressEvents: true });
  await Promise.all([platform.start(), compressing.start()]);
  const elapsed = {
    ...ended(7),
    source: 'expiration',
    type: 'expiration.elapsed',
    data: { orderId: id(7) },
  } as never;
  await platform.bus.publish({ ...ended(1), correlationid: 'in one story' });
  await compressing.bus.publish({ ...ended(2), correlationid: 'in one story' });
  await platform.bus.publish(ended(3));
  await platform.bus.publish(elapsed);
  expect((await read('in one story', id(7))).map(({ subject }) => subject)).toEqual(
    [1, 2, 7].map(id),
  );
});

it('says that the server is away', async () => {
  await expect(readEvents({ natsUrl: 'nats://127.0.0.1:1' }, [''])).rejects.toThrow(
    /^NATS_URL: nats:\/\/127\.0\.0\.1:1 does not answer/,
  );
});

it('reads nothing where there are no streams', async () => {
  expect(await readEvents({ natsUrl: servers.natsUrl, namespace: 'nobody_here' }, [''])).toEqual(
    [],
  );
});
