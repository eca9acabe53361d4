/**
 * Ends the servers that are named on its input, a line of JSON each, once the input is closed: by its writer, or since all
 * that held it are gone, however they ended.
 */
import { text } from 'node:stream/consumers';
import { type Leashed, stop } from './process.ts';

const lines = (await text(process.stdin)).split('\n').filter((line) => line !== '');
await Promise.all(lines.map((line) => stop(JSON.parse(line) as Leashed)));
