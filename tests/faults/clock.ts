/** Loaded into a service before anything else: at a signal its clock is as far off as the file says, in ms, and it tells the time. */
import { readFileSync } from 'node:fs';

const rightNow = Date.now;
let aheadMs = 0;

class ShiftedDate extends Date {
  constructor(...args: []) {
    if (args.length > 0) super(...args);
    else super(ShiftedDate.now());
  }
  static override now = () => rightNow() + aheadMs;
}

globalThis.Date = ShiftedDate as DateConstructor;

// No other code listens for this signal, and without a listener it does nothing.
process.on('SIGWINCH', () => {
  aheadMs = Number(readFileSync(process.env['FAULTS_CLOCK_FILE'] ?? '', 'utf8'));
  process.stdout.write(`clock at ${new Date().toISOString()}\n`);
});
