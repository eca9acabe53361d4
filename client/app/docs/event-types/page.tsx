import { Empty } from '../../../components/empty.tsx';
import { Shell } from '../../../components/shell.tsx';
import { getReader } from '../../../lib/api.ts';
import { one, type PageProps, page } from '../../../lib/page.tsx';
import catalogue from './catalogue.json';
import './event-types.css';

type EventType = (typeof catalogue.events)[number];
type Journey = (typeof catalogue.journeys)[number];

const PATH = '/docs/event-types';

export default page(async ({ searchParams }: PageProps) => {
  const q =
    one(await searchParams, 'q')
      ?.trim()
      .slice(0, 200) ?? '';
  const found = catalogue.events.filter((event) => isFound(q, event));
  // Those that are called so stand before those that only mention it.
  const isCalled = ({ type }: EventType) => Number(!type.includes(q.toLowerCase()));
  const events = found.toSorted((a, b) => isCalled(a) - isCalled(b));
  return (
    <Shell
      title={q ? `“${q}” in event types` : 'Event types'}
      description="What the services of Fairseat tell each other, and what each carries."
      heading={q ? `Event types with “${q}”` : 'Event types'}
      user={await getReader()}
      isLive={false}
    >
      <p className="lead">
        What the services of Fairseat tell each other. All of it is made from the code that runs and
        from journeys recorded in it. The API has <a href="/docs">a page of its own</a>.
      </p>
      <search>
        <form action={PATH} className="search">
          <label htmlFor="q">Search</label>
          <input
            id="q"
            name="q"
            type="search"
            defaultValue={q}
            placeholder="An event, a property, a service"
            maxLength={200}
          />
          <button type="submit" className="button button-primary">
            Search
          </button>
        </form>
      </search>
      {events.length === 0 && (
        <Empty heading="No event has all of that" next={{ href: PATH, label: 'Show all' }}>
          Try one word: part of an event’s name, of a property’s, or of what it means.
        </Empty>
      )}
      {events.length > 0 && <Contents events={events} />}
      {events.map((event) => (
        <About key={event.type} event={event} />
      ))}
      {q ? (
        <p>
          <a href={PATH}>Show all event types and journeys</a>
        </p>
      ) : (
        catalogue.journeys.map((journey) => <Recorded key={journey.name} journey={journey} />)
      )}
    </Shell>
  );
});

/** Whether everything that is asked for stands somewhere in what is shown of an event. */
function isFound(q: string, event: EventType): boolean {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const text = JSON.stringify(event).toLowerCase();
  return words.every((word) => text.includes(word));
}

/** What stands between backticks is code. */
const Words = ({ text }: { text: string }) => (
  <span>
    {text.split('`').map((part, index) =>
      index % 2 === 0 ? (
        part
      ) : (
        <span key={part} className="code">
          {part}
        </span>
      ),
    )}
  </span>
);

function Contents({ events }: { events: EventType[] }) {
  return (
    <nav aria-label="Event types">
      <ul className="event-types">
        {events.map(({ type, meaning }) => (
          <li key={type}>
            <a href={`#${type}`} className="code">
              {type}
            </a>
            <Words text={meaning} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

function About({ event }: { event: EventType }) {
  const { type, meaning, publisher, subject, versions, hearers, properties, example } = event;
  return (
    <section id={type} aria-labelledby={`${type}-name`} className="event-type">
      <h2 id={`${type}-name`}>{type}</h2>
      <p>
        <Words text={meaning} />
      </p>
      <p className="fine">
        Published by {publisher}. Its subject is <span className="code">{subject}</span>. Version{' '}
        {versions}.
      </p>
      <h3>Who hears it</h3>
      {hearers.length === 0 ? (
        <p>No service of Fairseat: it is for people, and for listeners outside.</p>
      ) : (
        <dl>
          {hearers.map(({ service, did }) => (
            <div key={service}>
              <dt>{service}</dt>
              <dd>{did || 'not seen in a recorded journey'}</dd>
            </div>
          ))}
        </dl>
      )}
      <h3>What it carries</h3>
      <dl>
        {properties.map((property) => (
          <div key={property.name}>
            <dt className="code">{property.name}</dt>
            <dd>
              <Words text={property.meaning} />{' '}
              <span className="fine">
                {property.type}
                {!property.isRequired && ', may be missing'}
                {property.example && (
                  <>
                    , such as <span className="code">{property.example}</span>
                  </>
                )}
              </span>
            </dd>
          </div>
        ))}
      </dl>
      {example && (
        <details>
          <summary>A whole event, as recorded</summary>
          <pre className="code">{example}</pre>
        </details>
      )}
    </section>
  );
}

function Recorded({ journey: { name, title, tells, steps } }: { journey: Journey }) {
  return (
    <section id={`journey-${name}`} aria-labelledby={`journey-${name}-name`} className="event-type">
      <h2 id={`journey-${name}-name`}>{title}</h2>
      <p>{tells}</p>
      <details>
        <summary>Step by step, as recorded</summary>
        <ol>
          {steps.map(({ parties: [from, to], what }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a recording never changes
            <li key={index}>
              <strong>{from}</strong>
              {to && (
                <>
                  {' '}
                  to <strong>{to}</strong>
                </>
              )}
              : {what}
            </li>
          ))}
        </ol>
      </details>
    </section>
  );
}
