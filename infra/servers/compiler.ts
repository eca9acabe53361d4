/** The C compiler, for the test of a loss of power: the machine's own, else the package of Debian. */
import { debianProgram, telling } from './install.ts';
import { findProgram } from './process.ts';

const NAMES = ['cc', 'gcc', 'clang'];

/** Its path, or undefined where there is none, or no Linux. */
export const findCompiler = async () =>
  process.platform === 'linux' ? findProgram(...NAMES) : undefined;

/**
 * Its path, installed if there is none.
 * @throws what to do where it cannot be.
 */
export async function compilerProgram(say: (line: string) => void = () => {}): Promise<string> {
  const program = await findCompiler();
  if (program) return program;
  try {
    return await telling('a C compiler', say, () => debianProgram('gcc'));
  } catch (error) {
    const reason = (error as Error).message;
    throw new Error(
      `There is no C compiler, or no Linux. Put it on PATH (Debian: apt-get install gcc). What was tried: ${reason}`,
      { cause: error },
    );
  }
}
