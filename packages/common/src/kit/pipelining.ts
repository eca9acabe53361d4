import type { FastifyInstance } from 'fastify';

/** More answers than an honest client waits for on one connection. */
const MAX_PIPELINED = 16;

/**
 * Node hands over all requests of a packet at once and keeps answers that nobody reads, so a few packets of small
 * requests could hold up everybody. A connection that asks for too much at once is cut off.
 */
export function limitPipelining(app: FastifyInstance) {
  const waiting = new WeakMap<object, number>();
  app.addHook('onRequest', ({ raw: { socket } }, reply, done) => {
    const count = (waiting.get(socket) ?? 0) + 1;
    if (count > MAX_PIPELINED) {
      reply.hijack();
      socket.destroy();
      return;
    }
    waiting.set(socket, count);
    done();
  });
  // An answer that is never finished takes its connection with it.
  app.addHook('onResponse', ({ raw: { socket } }, _reply, done) => {
    waiting.set(socket, (waiting.get(socket) ?? 1) - 1);
    done();
  });
}
