/** Fonts for what the demo writes, which its pictures show: the machine's own, else packages of Debian. */
import { installPackage, telling } from './install.ts';
import { findProgram, outputOf } from './process.ts';

/** By how fontconfig asks for them. */
const FONTS = [
  { pattern: ':lang=ja', package: 'fonts-ipafont-gothic' },
  { pattern: ':lang=ar', package: 'fonts-dejavu-core' },
  { pattern: ':charset=1f3b7', package: 'fonts-noto-color-emoji' },
];

/** Whether they are there. Other systems than Linux come with them. */
export const haveFonts = async () => (await missing()).length === 0;

async function missing() {
  if (process.platform !== 'linux') return [];
  if (!(await findProgram('fc-list'))) return ['fontconfig', ...FONTS.map((font) => font.package)];
  const found = await Promise.all(FONTS.map(({ pattern }) => outputOf('fc-list', [pattern])));
  return FONTS.filter((_, index) => !found[index]?.trim()).map((font) => font.package);
}

/**
 * Installs those that are missing.
 * @throws what to do where they cannot be.
 */
export async function installFonts(say: (line: string) => void = () => {}): Promise<void> {
  const packages = await missing();
  if (packages.length === 0) return;
  try {
    await telling('fonts', say, async () => {
      for (const name of packages) {
        await installPackage(name, async () => !(await missing()).includes(name));
      }
    });
  } catch (error) {
    const reason = (error as Error).message;
    throw new Error(
      `Fonts are missing (Debian: apt-get install ${packages.join(' ')}). What was tried: ${reason}`,
      { cause: error },
    );
  }
}
