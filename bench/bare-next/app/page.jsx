import { readFileSync } from 'node:fs';
import { connection } from 'next/server';
import { createElement } from 'react';

let page;

/** The markup of a page of Fairseat, rendered anew for each request from nothing but itself. */
export default async function Page() {
  await connection();
  page ??= JSON.parse(readFileSync(process.env.PAGE, 'utf8'));
  return page.map(render);
}

const render = (node, key) =>
  typeof node === 'string'
    ? node
    : createElement(node.tag, { ...node.props, key }, ...node.children.map(render));
