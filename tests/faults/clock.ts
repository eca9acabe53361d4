/** Loaded into a service first of all: at a signal it shifts the clock by the ms in a file, and prints the time. */
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

// No other code listens for this signal, whose default is to do nothing.
process.on('SIGWINCH', () => {
  aheadMs = Number(readFileSync(process.env['FAULTS_CLOCK_FILE'] ?? '', 'utf8'));
  process.stdout.write(`clock at ${new Date().toISOString()}\n`);
});
