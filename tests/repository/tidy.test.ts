import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const files = globSync('**/*.{ts,tsx,mjs,cjs,json,jsonc,md,yaml,yml,html,css,sh,grit}', {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|dist|data|coverage|\.next)$/.test(path),
}).concat('.ci/run', 'biome.json', '.npmrc');

describe('the repository', () => {
  it('names no path of the machine it was written on', () => {
    const machinePath = /(?<![\w.~-])\/(?:home|Users|root|work)\//;
    expect(files.filter((path) => machinePath.test(read(path)))).toEqual([]);
  });

  it('holds no secret key', () => {
    const key =
      /\b[sr]k_(?:live|test)_\w{8,}|\bwhsec_\w{8,}|BEGIN [A-Z ]*PRIVATE KEY|"d": ?"[\w-]{43}"/;
    expect(files.filter((path) => key.test(read(path)))).toEqual([]);
  });

  it('locks packages by their hash, whatever registry they come from', () => {
    const text = read('package-lock.json');
    expect(text).not.toMatch(/"resolved": "\w+:/);
    const { packages } = JSON.parse(text) as {
      packages: Record<string, { link?: true; integrity?: string }>;
    };
    const unproven = Object.entries(packages).filter(
      ([path, { link, integrity }]) => path.includes('node_modules/') && !link && !integrity,
    );
    expect(unproven).toEqual([]);
  });
});

describe('every page of documentation', () => {
  const pages = files.filter((path) => path.endsWith('.md'));

  it('links only to files and headings that exist', () => {
    const broken = pages.flatMap((page) =>
      linksOf(page)
        .filter((link) => !leadsSomewhere(page, link))
        .map((link) => `${page}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it('of decisions is in their index, by its title', () => {
    const index = read('docs/decisions/README.md');
    const missing = globSync('docs/decisions/0*.md', { cwd: root }).filter((path) => {
      const [, number, title] = /^# (\d+)\. (.+)$/m.exec(read(path)) ?? [];
      return !index.includes(`| ${number} | [${title}](${path.slice('docs/decisions/'.length)}) |`);
    });
    expect(missing).toEqual([]);
  });
});

describe('every known failure', () => {
  /** Those that no test shows yet to be absent. */
  const open: Record<number, string> = {
    36: 'deployment',
    37: 'deployment',
    38: 'the project itself',
    39: 'the project itself',
  };
  const rows = read('docs/known-failures.md')
    .split('\n')
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
    .filter((cells) => /^\d+$/.test(cells[1] ?? ''));

  it('is listed', () => {
    const numbers = Array.from({ length: 99 }, (_, index) => index + 1);
    const needed = numbers.filter((n) => !(n in open));
    const listed = rows.map((cells) => Number(cells[1]));
    expect(needed.filter((n) => !listed.includes(n)).join(', ')).toBe('');
    expect(listed.filter((n) => n in open).join(', ')).toBe('');
  });

  it('is proved absent by tests that exist', () => {
    const missing = rows.flatMap(([, number, , proof = '']) => {
      const tests = [...proof.matchAll(/`([^`]+)`/g)].map(([, test = '']) => test);
      const untrue = tests.filter((test) => !exists(test));
      return tests.length === 0 ? [`${number}: no test`] : untrue.map((t) => `${number}: ${t}`);
    });
    expect(missing.join('\n')).toBe('');
  });
});

describe('every failure of a payment', () => {
  it('is shown by tests that exist', () => {
    const named = [...read('docs/payments.md').matchAll(/`([^`\n]+ › [^`\n]+)`/g)];
    const tests = named.map(([, test = '']) => test);
    expect(tests.length).toBeGreaterThan(20);
    expect(tests.filter((test) => !exists(test))).toEqual([]);
  });
});

const proseOf = (page: string) => read(page).replaceAll(/^```.*?^```/gms, '');

/** The relative links and pictures of a page. */
function linksOf(page: string): string[] {
  const links = proseOf(page).matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g);
  return [...links]
    .map(([, markdown, html]) => markdown ?? html ?? '')
    .filter((link) => !/^\w+:/.test(link));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [file = '', heading] = link.split('#');
  const target = file === '' ? page : normalize(join(dirname(page), file));
  if (!existsSync(join(root, target))) return false;
  return heading === undefined || anchorsOf(target).includes(heading);
}

/** The anchors that GitHub gives the headings of a page. */
const anchorsOf = (page: string) =>
  [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Whether `path › describe › test` leads to a file that has these titles. */
function exists(test: string): boolean {
  const [path = '', ...titles] = test.split(' › ');
  if (titles.length === 0 || !existsSync(join(root, path))) return false;
  const source = read(path);
  return titles.every((title) => ["'", '"', '`'].some((q) => source.includes(q + title + q)));
}
