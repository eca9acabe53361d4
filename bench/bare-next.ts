/** A bare Next.js application with the markup of one of our pages: the cost of rendering without Fairseat. */
import { spawn } from 'node:child_process';
import { once as eventOf } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parse, type DefaultTreeAdapterTypes as Tree } from 'parse5';
import { newFolder, type Server, serve } from './server.ts';

const folder = fileURLToPath(new URL('./bare-next/', import.meta.url));

type Node = string | { tag: string; props: Record<string, string>; children: Node[] };

/** Builds the application, which serves the body of this page. */
export async function serveBareNext(html: string): Promise<Server> {
  const page = newFolder();
  writeFileSync(page, JSON.stringify(bodyOf(parse(html)).flatMap(toNode)));
  const next = createRequire(import.meta.url).resolve('next/dist/bin/next');
  const child = spawn(process.execPath, [next, 'build'], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await eventOf(child, 'close');
  if (code !== 0) throw new Error('the bare Next.js application cannot be built');
  const program = new URL('./bare-next/server.mjs', import.meta.url);
  return serve(program, { env: { PAGE: page }, probe: '/empty' });
}

function bodyOf(document: Tree.Document): Tree.ChildNode[] {
  const html = document.childNodes.find((node) => node.nodeName === 'html') as Tree.Element;
  const body = html.childNodes.find((node) => node.nodeName === 'body') as Tree.Element;
  return body.childNodes;
}

/** React's names of attributes where they differ from HTML's. */
const RENAMED: Record<string, string> = {
  class: 'className',
  for: 'htmlFor',
  maxlength: 'maxLength',
  tabindex: 'tabIndex',
  value: 'defaultValue',
};

/** Scripts are left out, since Next.js adds its own. */
function toNode(node: Tree.ChildNode): Node[] {
  if (node.nodeName === '#text') return [(node as Tree.TextNode).value];
  if (!('tagName' in node) || ['script', 'template', 'noscript'].includes(node.tagName)) return [];
  const props = node.attrs
    .filter(({ name }) => name !== 'style')
    .map(({ name, value }) => [RENAMED[name] ?? name, value]);
  const children = node.childNodes.flatMap(toNode);
  return [{ tag: node.tagName, props: Object.fromEntries(props), children }];
}
