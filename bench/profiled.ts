/** Loaded before a server (`node --import`): writes a V8 CPU profile of the time between two messages. */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

export type ProfileMessage = { profile: 'start' } | { profile: 'stop'; path: string };

const SAMPLE_EVERY_US = 200;
const session = new Session();
session.connect();

process.on('message', async (message: ProfileMessage) => {
  if (message.profile === 'start') {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US });
    await session.post('Profiler.start');
  } else {
    const { profile } = await session.post('Profiler.stop');
    writeFileSync(message.path, JSON.stringify(profile));
  }
  process.send?.('done');
});
// An open channel must not keep the server from ending.
process.channel?.unref();
