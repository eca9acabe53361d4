import { openTestGateway } from '@fairseat/gateways/test';
import { openDistributed } from '@fairseat/platform/distributed';
import { type Dump, dumpDatabases, fromText, loadDatabases } from '@fairseat/test-support/dump';
import { newNamespace, removeNamespace } from '@fairseat/test-support/namespaces';
import { describe, expect, inject, it } from 'vitest';
import { keptContract, type Old, readKept, releases, reopen } from './kept-contract.ts';

const servers = inject('servers');
const { mongodbUrl } = servers;
const VERSION = /"version":(\d+)/g;

/** The databases beside a NATS that is new, and to be taken for the one that they were used with, or for another. */
async function openDatabases(
  release: string,
  { isSameNats }: { isSameNats: boolean },
): Promise<Old> {
  const namespace = newNamespace();
  const { databases, ...kept } = readKept<{ databases: object }>(release, 'databases.json');
  const dump = fromText(JSON.stringify(databases));
  if (isSameNats) for (const collections of Object.values(dump)) delete collections['streams'];
  await loadDatabases(mongodbUrl, namespace, dump);
  return {
    kept,
    open: (clock) =>
      openDistributed({ ...servers, namespace, openGateway: openTestGateway, clock }),
    saved: async () => documentsIn(await dumpDatabases(mongodbUrl, namespace)),
    [Symbol.asyncDispose]: () => removeNamespace(servers, namespace),
  };
}

const documentsIn = (dump: Dump) =>
  Object.fromEntries(
    Object.entries(dump).flatMap(([database, collections]) =>
      Object.entries(collections).map(([name, { documents }]) => [
        `${database}_${name}`,
        documents,
      ]),
    ),
  );

keptContract('a dump of the databases', (release) => openDatabases(release, { isSameNats: true }));

describe.each(releases)('a dump of the databases of %s', (release) => {
  it('has each record said again on another NATS, and answers as it did but for versions', async () => {
    await using old = await reopen(await openDatabases(release, { isSameNats: false }));
    old.stopTime();
    const { market, ask } = await old.start();
    const versionsIn = (text: string) => [...text.matchAll(VERSION)].map(([, n]) => Number(n));
    for (const { who, url, text } of old.answers) {
      const before = versionsIn(text);
      const isSaidAgain = async () => {
        const { body } = await ask(who, 'GET', url);
        expect(body.replaceAll(VERSION, '')).toBe(text.replaceAll(VERSION, ''));
        return versionsIn(body).every((version, n) => version > (before[n] as number));
      };
      await expect.poll(isSaidAgain).toBe(true);
    }
    await market.stop();
  });
});
