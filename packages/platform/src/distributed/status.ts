/** How far the tables of a deployment have come with what is new in their definitions. */
import { Unavailable } from '@fairseat/common/errors';
import { systemClock } from '../clock.ts';
import { EngineError } from './engine.ts';
import type { Kept } from './layout.ts';
import { brief, Mongo, patient, prefixOf } from './mongodb.ts';

/** One line a table of these services. @throws EngineError when MongoDB cannot be asked. */
export async function readStatus(
  options: { mongodbUrl: string; tlsCaFile?: string; namespace?: string },
  services: string[],
): Promise<string[]> {
  const { mongodbUrl: url, tlsCaFile: caFile, namespace } = options;
  const prefix = prefixOf(namespace);
  const mongo = new Mongo({ url, caFile, name: 'status', prefix, clock: systemClock });
  try {
    const lines = await Promise.all(services.map((service) => linesOf(mongo, service)));
    return lines.flat();
  } catch (error) {
    if (error instanceof Unavailable) throw new EngineError(error.message, { cause: error });
    throw error;
  } finally {
    await mongo.close();
  }
}

async function linesOf(mongo: Mongo, service: string): Promise<string[]> {
  const database = () => mongo.database(service);
  const definitions = await mongo.run(() =>
    database()
      .collection<Kept>('definitions')
      .find({}, { sort: { _id: 1 }, ...brief })
      .toArray(),
  );
  return Promise.all(
    definitions.map(async ({ _id: table, mark }) => {
      const count = (filter: object) =>
        mongo.run(
          () =>
            database()
              .collection(table)
              .countDocuments(filter, { ...patient }),
          patient,
        );
      const [all, left] = await Promise.all([count({}), mark ? count({ [mark]: null }) : 0]);
      const name = `${service}_${table}`;
      return left === 0
        ? `${name}: ${all} records, all filled`
        : `${name}: ${all - left} of ${all} records, filling the rest`;
    }),
  );
}
