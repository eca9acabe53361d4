/** Load: in a closed loop a request follows the answer to the last, in an open loop requests keep to a rate. */
import { setImmediate } from 'node:timers/promises';
import { busyMs } from './cores.ts';
import { type Answer, type Connection, openAll } from './http.ts';
import { cores } from './server.ts';

export interface Load {
  port: number;
  connections: number;
  /** The next request, or undefined when there are no more. */
  next: () => string | undefined;
  /** Whether an answer is the right one; any other ends the run with an error. */
  isRight: (answer: Answer) => boolean;
  onAnswer?: (answer: Answer) => void;
}

export interface Run {
  count: number;
  seconds: number;
  perSecond: number;
  latenciesMs: number[];
  /** The share of its core that the load generator used. Near 1, it and not the server limits the rate. */
  clientShare: number;
  /** The share of the load generator's core that other processes used. If it is not small, the machine is shared. */
  othersShare: number;
}

export function closedLoop(load: Load, forMs: number): Promise<Run> {
  return measured(load, async (connections, answered) => {
    const endsAt = performance.now() + forMs;
    await Promise.all(
      connections.map(async (connection) => {
        for (;;) {
          const sentAt = performance.now();
          const wire = sentAt < endsAt ? load.next() : undefined;
          if (wire === undefined) return;
          answered(await connection.send(wire), sentAt);
        }
      }),
    );
  });
}

/** Requests arrive at a constant rate. Latency counts from when one was due, so no wait is left out. */
export function openLoop(load: Load, perSecond: number, forMs: number): Promise<Run> {
  return measured(load, async (connections, answered) => {
    const idle = [...connections];
    const startedAt = performance.now();
    const total = Math.round((perSecond * forMs) / 1000);
    const failed = new AbortController();
    let sent = 0;
    let open = 0;
    const sendDue = () => {
      const due = Math.min(total, ((performance.now() - startedAt) * perSecond) / 1000);
      while (sent < due && idle.length > 0) {
        // Connections take turns, so that none idles for so long that the server closes it.
        const connection = idle.shift() as Connection;
        const dueAt = startedAt + (sent * 1000) / perSecond;
        const wire = load.next();
        if (wire === undefined) throw new Error('there are too few tickets for this load');
        sent += 1;
        open += 1;
        connection.send(wire).then(
          (answer) => {
            answered(answer, dueAt);
            idle.push(connection);
            open -= 1;
          },
          (error) => failed.abort(error),
        );
      }
    };
    // The generator has a core of its own, so it polls the clock, which is more precise than any timer.
    while (sent < total || open > 0) {
      failed.signal.throwIfAborted();
      sendDue();
      await setImmediate();
    }
  });
}

type Answered = (answer: Answer, since: number) => void;

async function measured(
  load: Load,
  run: (connections: Connection[], answered: Answered) => Promise<void>,
): Promise<Run> {
  const connections = await openAll(load.port, load.connections);
  const latenciesMs: number[] = [];
  let wrong: Answer | undefined;
  const answered: Answered = (answer, since) => {
    latenciesMs.push(performance.now() - since);
    if (!load.isRight(answer)) wrong ??= answer;
    load.onAnswer?.(answer);
  };
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const busyBefore = busyMs(cores?.load ?? -1);
  try {
    await run(connections, answered);
  } finally {
    for (const connection of connections) connection.close();
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const clientShare = (user + system) / 1e6 / seconds;
  const busyShare = (busyMs(cores?.load ?? -1) - busyBefore) / 1000 / seconds;
  if (wrong) throw new Error(`Unexpected answer ${wrong.status}: ${wrong.body}`);
  const count = latenciesMs.length;
  return {
    count,
    seconds,
    perSecond: count / seconds,
    latenciesMs,
    clientShare,
    othersShare: Math.max(0, busyShare - clientShare),
  };
}
