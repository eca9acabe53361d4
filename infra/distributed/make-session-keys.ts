import { parseArgs } from 'node:util';
import { makeSessionKeys } from './session-keys.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean' } },
});
if (values.help) {
  console.log('npm run session-keys -- FOLDER    makes the two files of SESSION_KEY_FILE there');
} else {
  const { privateFile, publicFile } = await makeSessionKeys(positionals[0] ?? '.');
  console.log(`SESSION_KEY_FILE of auth:            ${privateFile}`);
  console.log(`SESSION_KEY_FILE of all the others:  ${publicFile}`);
}
