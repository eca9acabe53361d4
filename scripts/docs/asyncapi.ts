/** The events as an AsyncAPI document: a channel for each service that publishes, an operation for each that hears. */
import { eventTypes, jsonSchemaOf, publisherOf } from '@fairseat/common/events';
import type { Schema } from '../events/compare.ts';
import { hearersOf, type Listeners } from '../events/tell.ts';
import { meaningOf } from './pages.ts';

const CONTENT_TYPE = 'application/cloudevents+json';

export function asyncApi(listeners: Listeners, version: string): object {
  const types = eventTypes().toSorted();
  const each = <T>(names: readonly string[], value: (name: string) => T) =>
    Object.fromEntries(names.map((name) => [name, value(name)]));
  const keyOf = (type: string) => type.replace('.', '_');
  const messages = Object.fromEntries(
    types.map((type) => {
      const { $schema: _, ...schema } = jsonSchemaOf(type, { described: true }) as Schema;
      const about = { name: type, title: type, summary: meaningOf(type) };
      return [keyOf(type), { ...about, contentType: CONTENT_TYPE, payload: schema }];
    }),
  );
  const operation = (action: 'send' | 'receive', type: string, summary: string) => ({
    action,
    summary,
    channel: { $ref: `#/channels/${keyOf(type)}` },
    messages: [{ $ref: `#/channels/${keyOf(type)}/messages/${keyOf(type)}` }],
  });
  const operations = types.flatMap((type) => [
    [
      `${publisherOf(type)}_publishes_${keyOf(type)}`,
      operation('send', type, `${publisherOf(type)} publishes it.`),
    ],
    ...hearersOf(type, listeners).map((name) => [
      `${name}_hears_${keyOf(type)}`,
      operation('receive', type, `${name} hears it.`),
    ]),
  ]);
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Events of Fairseat',
      version,
      description:
        'What the services of a Fairseat marketplace tell each other, as CloudEvents 1.0.',
      license: { name: 'MIT' },
    },
    defaultContentType: CONTENT_TYPE,
    channels: each(types.map(keyOf), (key) => ({
      address: key.replace('_', '.'),
      description: 'The subject on the bus is the type, behind the prefix of its stream.',
      messages: { [key]: { $ref: `#/components/messages/${key}` } },
    })),
    operations: Object.fromEntries(operations),
    components: { messages },
  };
}
