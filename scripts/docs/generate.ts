/** Makes the whole reference, by the paths of its files. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EventType, eventTypes, jsonSchemaOf } from '@fairseat/common/events';
import { createLog, createSessionKey, readConfig, type Service } from '@fairseat/common/kit';
import { openTestGateway } from '@fairseat/gateways/test';
import { createMarketplace } from '@fairseat/marketplace';
import { openEmbedded } from '@fairseat/platform/embedded';
import { readHistory } from '../events/history.ts';
import { rowsOf } from '../events/tell.ts';
import { asyncApi } from './asyncapi.ts';
import { picture } from './flow.ts';
import { forPages } from './for-pages.ts';
import { dataOf, meaningOf, pages } from './pages.ts';
import { recordAll } from './record.ts';

export const FOLDER = 'docs/reference';
/** What the page /docs/event-types shows. */
const IN_PRODUCT = 'client/app/docs/event-types/catalogue.json';

/** A line for each event, and each property of one, that nobody can tell the meaning of. */
export const undescribed = () => eventTypes().flatMap(missing);

function missing(type: EventType): string[] {
  const nameless = rowsOf(dataOf(type)).filter(({ description }) => !description);
  return [
    ...(meaningOf(type) ? [] : [`${type} has no description. Give its schema a .describe('…').`]),
    ...nameless.map(
      ({ path }) =>
        `${type}: data.${path.join('.')} has no description. Say what it is: .describe('…').`,
    ),
  ];
}

/** @param root The folder of the project, whose README shows the purchase. */
export async function generate(
  root: string,
  services: readonly Service[],
): Promise<Record<string, string>> {
  const history = readHistory(join(root, 'packages/common/catalogue'));
  if (Array.isArray(history)) throw new Error(history.join('\n'));
  const recordings = await recordAll();
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const schemas = eventTypes().map((type) => [
    `schemas/${type}.json`,
    asText(jsonSchemaOf(type, { described: true })),
  ]);
  const made = Object.entries({
    ...pages({ services, recordings, history }),
    ...Object.fromEntries(schemas),
    'asyncapi.json': asText(asyncApi(services, version)),
    'openapi.json': asText(await openApi()),
  }).map(([path, text]) => [`${FOLDER}/${path}`, text]);
  const [purchase] = recordings;
  const shown = purchase ? picture(purchase, services) : '';
  const shownInProduct = asText(forPages({ services, recordings, history }));
  return Object.fromEntries([
    ...made,
    [IN_PRODUCT, shownInProduct],
    ['README.md', withPicture(join(root, 'README.md'), shown)],
  ]);
}

const asText = (value: object) => `${JSON.stringify(value, null, 2)}\n`;

/** The document that a marketplace serves, all services in one. */
async function openApi(): Promise<object> {
  const dataDir = mkdtempSync(join(tmpdir(), 'fairseat-docs-'));
  const config = readConfig({ LOG_LEVEL: 'silent', RATE_LIMITS: 'off' });
  const { app, stop } = await createMarketplace({
    platform: openEmbedded({ dataDir, openGateway: openTestGateway }),
    config,
    log: createLog(config.logLevel),
    sessionKey: await createSessionKey(),
  });
  const document = (await app.inject('/api/openapi.json')).json();
  await stop();
  rmSync(dataDir, { recursive: true });
  return document;
}

function withPicture(path: string, mermaid: string): string {
  const readme = readFileSync(path, 'utf8');
  const [before, after, ...others] = readme.split(/(?<=<!-- recorded.* -->\n).*?(?=<!-- end -->)/s);
  if (after === undefined || others.length > 0) {
    throw new Error('README.md has no one place for the recorded purchase.');
  }
  return `${before}\n\`\`\`mermaid\n${mermaid}\n\`\`\`\n\n${after}`;
}
