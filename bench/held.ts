/** The time for which nothing else gets its turn, as whoever waits for one sees it. */
export interface Held {
  longestMs: number;
  /** Of the longest, what this process itself has worked: the rest is the disk, or other processes. */
  longestWorkMs: number;
}

/** Watches the event loop until it is asked. */
export function watchLoop(): () => Held {
  const held: Held = { longestMs: 0, longestWorkMs: 0 };
  const work = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let [at, worked, isOver] = [performance.now(), work(), false];
  const look = () => {
    const [now, worksNow] = [performance.now(), work()];
    held.longestMs = Math.max(held.longestMs, now - at);
    held.longestWorkMs = Math.max(held.longestWorkMs, worksNow - worked);
    [at, worked] = [now, worksNow];
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  return () => {
    isOver = true;
    return held;
  };
}
