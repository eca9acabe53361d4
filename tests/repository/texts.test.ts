/**
 * Translators of browsers put each text of a page into an element of their own. React, which does not know of it, then
 * fails where it changes, removes or inserts beside a text. So a text that changes is the only child of its element,
 * and a text that stays has no sibling that comes and goes.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from '@swc/core';
import { describe, expect, it } from 'vitest';

const client = join(import.meta.dirname, '../../client');

/** Properties that are elements, never a text. */
const ELEMENTS = ['children', 'after', 'title', 'note'];

interface Node {
  type: string;
  [key: string]: unknown;
}
const isNode = (value: unknown): value is Node => typeof (value as Node | null)?.type === 'string';

/** Every node below and including this one. */
function* nodesOf(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const item of value) yield* nodesOf(item);
  else if (isNode(value)) {
    yield value;
    for (const part of Object.values(value)) yield* nodesOf(part);
  } else if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) yield* nodesOf(part);
  }
}

const isText = ({ type, value, expression }: Node): boolean =>
  type === 'JSXText' ||
  (isNode(expression) && expression.type === 'StringLiteral' && value === undefined);

const isLayout = ({ type, value }: Node) => type === 'JSXText' && /^\s*\n\s*$/.test(String(value));

/** Whether it is elements or nothing, as far as the source tells. */
function isElements(value: unknown): boolean {
  if (!isNode(value)) return false;
  switch (value.type) {
    case 'JSXElement':
    case 'JSXFragment':
    case 'NullLiteral':
    case 'JSXEmptyExpression':
      return true;
    case 'ParenthesisExpression':
      return isElements(value['expression']);
    case 'BinaryExpression':
      return value['operator'] === '&&' && isElements(value['right']);
    case 'ConditionalExpression':
      return isElements(value['consequent']) && isElements(value['alternate']);
    case 'CallExpression': {
      const [{ expression } = { expression: undefined }] = value['arguments'] as Node[];
      return isNode(expression) && isElements(expression['body']);
    }
    case 'Identifier':
      return ELEMENTS.includes(String(value['value']));
    case 'MemberExpression':
      return isElements(value['property']);
    default:
      return false;
  }
}

/** The texts of a source that have a sibling they must not have. */
function misplaced(source: string): string[] {
  const { body, span } = parseSync(source, { syntax: 'typescript', tsx: true });
  const at = (node: Node) => {
    const { start, end } = node['span'] as { start: number; end: number };
    return Buffer.from(source)
      .subarray(start - span.start, end - span.start)
      .toString();
  };
  return [...nodesOf(body)].flatMap((parent) => {
    if (parent.type !== 'JSXElement' && parent.type !== 'JSXFragment') return [];
    const children = (parent['children'] as Node[]).filter((child) => !isLayout(child));
    const changing = children.filter(
      (child) => child.type === 'JSXExpressionContainer' && !isText(child),
    );
    if (children.length < 2 || changing.length === 0) return [];
    const mayBeText = changing.some(({ expression }) => !isElements(expression));
    return mayBeText || children.some(isText) ? [at(parent)] : [];
  });
}

describe('a text that changes', () => {
  it.each([
    '<p>Pay {price}</p>',
    '<p>{a} {b}</p>',
    '<Submit>Buy for {price}</Submit>',
    '<p>{isNew && <b>New</b>}{reason}</p>',
    '<p>{isNew && <b>New</b>} and more</p>',
    '<p>{isNew && <b>New</b>}{" "}<i>more</i></p>',
    '<><b>Now</b>{isNew ? "new" : "old"}</>',
  ])('is found beside others in %s', (jsx) => {
    expect(misplaced(`const a = ${jsx};`)).toHaveLength(1);
  });

  it.each([
    '<p>{"Pay " + price}</p>',
    '<p>{isNew ? "new" : "old"}</p>',
    '<p>It is <b>{price}</b> now</p>',
    '<p>{isNew && <b>New</b>}<i>{reason}</i></p>',
    '<ul>{items.map((item) => (<li>{item}</li>))}<li>End</li></ul>',
  ])('may stand as in %s', (jsx) => {
    expect(misplaced(`const a = ${jsx};`)).toEqual([]);
  });

  it('is the only child of its element on every page', () => {
    const sources = globSync('{app,components,lib}/**/*.tsx', { cwd: client });
    expect(sources.length).toBeGreaterThan(30);
    const found = sources.flatMap((path) =>
      misplaced(readFileSync(join(client, path), 'utf8')).map((text) => `${path}: ${text}`),
    );
    expect(found).toEqual([]);
  });
});
