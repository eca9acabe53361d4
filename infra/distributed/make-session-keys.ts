/** `npm run session-keys -- FOLDER` */
import { makeSessionKeys } from './session-keys.ts';

const { privateFile, publicFile } = await makeSessionKeys(process.argv[2] ?? '.');
console.log(`SESSION_KEY_FILE of auth:            ${privateFile}`);
console.log(`SESSION_KEY_FILE of all the others:  ${publicFile}`);
