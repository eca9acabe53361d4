/** The browser that tests drive: the machine's own, else the package of Debian. */
import { debianProgram, telling } from './install.ts';
import { findProgram } from './process.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Its path, or undefined where there is none. */
export const findBrowser = () => findProgram(...NAMES);

/**
 * Its path, installed if there is none.
 * @throws what to do where it cannot be.
 */
export async function browserProgram(say: (line: string) => void = () => {}): Promise<string> {
  const program = await findBrowser();
  if (program) return program;
  try {
    return await telling('Chromium', say, () => debianProgram('chromium'));
  } catch (error) {
    const reason = (error as Error).message;
    throw new Error(
      `There is no Chromium. Put it on PATH (Debian: apt-get install chromium). What was tried: ${reason}`,
      { cause: error },
    );
  }
}
