/** All settings for people: the text of `--help`, and what the tables of the README are made of. */
import { z } from 'zod';
import { groups } from './settings.ts';

interface SettingGroup {
  /** Markdown, like the meanings. */
  title: string;
  settings: { name: string; byDefault: string; meaning: string }[];
}

export const describeSettings = (): SettingGroup[] =>
  Object.entries(groups).map(([title, group]) => ({ title, settings: describe(group) }));

function describe(group: z.ZodObject): SettingGroup['settings'] {
  const { properties = {} } = z.toJSONSchema(group, { io: 'input' });
  return Object.entries(properties).map(([name, property]) => {
    const { default: value, unset = 'none', description = '' } = property as Description;
    return { name, byDefault: value === undefined ? unset : `\`${value}\``, meaning: description };
  });
}

interface Description {
  default?: unknown;
  unset?: string;
  description?: string;
}

const NAME_WIDTH = 28;
const MEANING_WIDTH = 72;

/** All settings for a terminal, at 100 columns. */
export function settingsHelp(): string {
  const groups = describeSettings().map(({ title, settings }) => {
    const rows = settings.map(({ name, byDefault, meaning }) => {
      const lines = wrapped(plain(meaning), plain(`(default: ${byDefault})`));
      return `  ${name}`.padEnd(NAME_WIDTH) + lines.join(`\n${' '.repeat(NAME_WIDTH)}`);
    });
    return [`${plain(title)}:`, ...rows].join('\n');
  });
  return ['Settings are environment variables.', ...groups].join('\n\n');
}

const plain = (markdown: string) => markdown.replace(/\[(.+?)\]\(.+?\)/g, '$1').replaceAll('`', '');

/** Breaks the text into lines, with `whole` unbroken at the end. */
function wrapped(text: string, whole: string): string[] {
  const lines: string[] = [];
  for (const part of [...text.split(' '), whole]) {
    const longer = `${lines.at(-1)} ${part}`;
    if (lines.length > 0 && longer.length <= MEANING_WIDTH) lines.splice(-1, 1, longer);
    else lines.push(part);
  }
  return lines;
}
