/** The known failures that no run of the simulator can show, and why. */
export const elsewhere: Record<number, string> = {
  10: 'what the countdown trusts is a matter of the page; that only the clock of the server counts has tests.',
  27: 'a process that listens although its start failed: starts of real processes are tested.',
  30: 'cookies, origins and rate limits belong to HTTP, below which simulated requests enter; they have tests.',
  32: 'passwords are hashed by what the simulator passes in; the real hashing has tests.',
  33: 'how errors become HTTP answers has tests. In the simulator an error that nobody expected breaks a rule.',
  34: 'keys in the sources are looked for in the repository.',
  36: 'probes, limits, volumes and replicas are a matter of the deployment.',
  37: 'so is how the programs are started.',
  38: 'metrics, traces, audit and licence are no behaviour of the marketplace.',
  39: 'missing tests: this page is one answer.',
  43: 'a decision is a pure function, so there is no transaction or lock during which the gateway could be asked; a test holds the gateway up and uses the order meanwhile.',
};
