import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** More answers than an honest client waits for on one connection. */
const MAX_PIPELINED = 16;
const waiting = Symbol('waiting');
type Counted = Socket & { [waiting]?: number };

/**
 * Node passes on all requests of a packet at once and keeps answers that nobody reads, so a few packets of small
 * requests could hold up everybody. A connection with too many requests under way is cut off.
 */
export function limitPipelining(app: FastifyInstance) {
  app.addHook('onRequest', ({ raw }, reply, done) => {
    // A request loses its socket when a proxy has read its body to the end.
    const socket: Counted = raw.socket;
    const count = (socket[waiting] ?? 0) + 1;
    if (count > MAX_PIPELINED) {
      reply.hijack();
      socket.destroy();
      return;
    }
    socket[waiting] = count;
    // An answer that never finishes needs no counting: its connection ends with it.
    reply.raw.once('close', () => {
      socket[waiting] = (socket[waiting] ?? 1) - 1;
    });
    done();
  });
}
