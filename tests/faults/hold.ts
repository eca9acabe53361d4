/** Loaded into a service before its own code: it does not begin as long as there is a file of its name. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const LOOK_AGAIN_MS = 50;
const file = join(process.env['FAULTS_HELD'] ?? '', basename(dirname(process.argv[1] ?? '')));
const neverWoken = new Int32Array(new SharedArrayBuffer(4));

while (existsSync(file)) Atomics.wait(neverWoken, 0, 0, LOOK_AGAIN_MS);
