/**
 * What strangers have sent, by mistake or with intent, and what is right to answer. The next fault report is one more row:
 * `tests/http` sends each to the services by themselves, to all in one process and through the router.
 */
import { JSON_TYPE } from '@fairseat/test-support/hostile';

const plain = { 'content-type': 'text/plain' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const multipart = { 'content-type': 'multipart/form-data; boundary=x' };
const deep = (open: string, close: string) => open.repeat(2000) + close.repeat(2000);

/** What it is, the body, its headers, the status. Sent to every route that takes a body. */
export const bodies: [
  what: string,
  body: string | Buffer | undefined,
  headers: Record<string, string>,
  status: number,
][] = [
  ['that is missing', undefined, {}, 400],
  ['that is empty', '', JSON_TYPE, 400],
  ['of white space', ' \n ', JSON_TYPE, 400],
  ['that ends early', '{"title":', JSON_TYPE, 400],
  ['that is no JSON', '{title: 1}', JSON_TYPE, 400],
  ['with NaN', '{"price":NaN}', JSON_TYPE, 400],
  ['that is NaN', 'NaN', JSON_TYPE, 400],
  ['that is null', 'null', JSON_TYPE, 400],
  ['that is a list', '[{}]', JSON_TYPE, 400],
  ['that is text', '"title"', JSON_TYPE, 400],
  ['that is a number', '12', JSON_TYPE, 400],
  ['that is a truth', 'true', JSON_TYPE, 400],
  ['without its fields', '{}', JSON_TYPE, 400],
  ['of lists in lists', deep('[', ']'), JSON_TYPE, 400],
  ['of objects in objects', deep('{"a":', '}').replace(':}', ':1}'), JSON_TYPE, 400],
  ['of 17 KiB', `{"title":"${'a'.repeat(17 * 1024)}"}`, JSON_TYPE, 413],
  ['of 10 MB', Buffer.alloc(10_485_760, 'a'), JSON_TYPE, 413],
  ['that is plain text', '{}', plain, 415],
  ['that is a form', 'title=A&price=1', form, 415],
  ['that is in parts', '--x--', multipart, 415],
  ['of no type', '{}', { 'content-type': '' }, 415],
  ['of a type that is none', '{}', { 'content-type': '???' }, 415],
];

/** Refused as such, on every route that takes a body. */
export const notUtf8: [what: string, body: Buffer][] = [
  ['that is not UTF-8', Buffer.from('{"title":"\xff\xfe"}', 'latin1')],
  ['with an overlong slash', Buffer.from('{"title":"\xc0\xaf"}', 'latin1')],
  ['with half a character', Buffer.from('{"title":"\xf0\x9f"}', 'latin1')],
  ['in UTF-16', Buffer.from('\ufeff{"title":"a"}', 'utf16le')],
];

/** What it is, the fields beside those of a good body, and what the refusal names. */
export const extraFields: [what: string, fields: object, named: string][] = [
  ['a field that nobody knows', { admin: true }, 'admin'],
  ['an operator of a database', { $where: 'sleep(1)' }, '$where'],
  ['its own id', { id: 'f'.repeat(32) }, 'id'],
  ['another owner', { userId: 'f'.repeat(32) }, 'userId'],
  ['a constructor', { constructor: { name: 'x' } }, 'constructor'],
  ['the prototype of a constructor', { constructor: { prototype: { admin: true } } }, '__proto__'],
  ['what every object has', { toString: 1, hasOwnProperty: 1 }, 'toString'],
];

/** Wrong in every field that holds text. */
export const notText = [null, true, 12, [], ['a'], {}, { $gt: '' }, { $ne: null }, { length: 8 }];
const odd = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\u202e',
  '🎟️',
  '../..',
  "' OR 1=1 --",
  'x'.repeat(5000),
];

/** The values of each field that are refused, in every body that has it. */
export const wrongFields: Record<string, unknown[]> = {
  email: [...odd, 'a@b', `${'a'.repeat(250)}@example.com`],
  password: ['', 'short', '\ud800'.repeat(8), 'x'.repeat(129), 'x'.repeat(5000)],
  title: [
    '',
    ' ',
    '\n',
    '\0',
    'a\0b',
    'a\u001b[31m',
    '\u0085',
    '\ud800',
    'a\udc00b',
    'x'.repeat(201),
    '👍'.repeat(201),
  ],
  price: [
    0,
    -1,
    -0,
    1.5,
    '12',
    '',
    1e12,
    1e308,
    100_000_000,
    2 ** 53,
    0.1,
    1e-7,
    null,
    true,
    false,
    [1],
    {},
    { $gt: 0 },
  ],
  ticketId: [
    ...odd,
    'no-id',
    'F'.repeat(32),
    'f'.repeat(31),
    'f'.repeat(33),
    `${'f'.repeat(32)}\n`,
  ],
  orderId: [...odd, 'no-id', 'F'.repeat(32), 'f'.repeat(33)],
  token: [...odd, 'pm card', 'pm-card', 'x'.repeat(256)],
  approve: [null, 'true', 1, 0, [], {}, ''],
};

/** As JSON spells numbers, or nearly. */
export const notPrices = ['1e999', '-1e999', '00012', '0x10', '1_000', '+1', '.5'];

/** Titles that are strange and harmless: they stay as they are. */
export const titlesKept = [
  '🎟️ 👨‍👩‍👧‍👦',
  'حفلة موسيقية',
  "Robert'); DROP TABLE tickets;--",
  '<script>alert(1)</script>',
  '{"$gt":""}',
  '__proto__',
  'x'.repeat(200),
  '👍'.repeat(200),
];

/** Titles that are tamed: as they are typed, and as they stay. */
export const titlesTamed: [typed: string, kept: string][] = [
  ['  with space around \u00a0', 'with space around'],
  ['\u202eright to left', 'right to left'],
  ['e\u0301'.repeat(100), '\u00e9'.repeat(100)],
];

/** In the place of an id in a path: 404 everywhere. */
export const noIds = [
  'x',
  '%',
  '%00',
  '%ff',
  '%F0%9F',
  '%E0%A4%A',
  '..%2f..%2fetc%2fpasswd',
  'F'.repeat(32),
  'f'.repeat(33),
  'f'.repeat(500),
  '__proto__',
  'constructor',
  '%7B%22$gt%22:%22%22%7D',
  '%F0%9F%98%80',
  "';--",
  '-1',
  'null',
  'undefined',
  `${'f'.repeat(32)}%0a`,
];

/** Queries of a list that are refused: of any, */
export const wrongPages = [
  'limit=0',
  'limit=101',
  'limit=-1',
  'limit=1.5',
  'limit=abc',
  'limit=',
  'limit=1e9',
  'limit=NaN',
  'limit=Infinity',
  'limit=1&limit=2',
  'limit[$gt]=1',
  'cursor=',
  'cursor=x',
  `cursor=${Buffer.from("2026-01-01T00:00:00Z ' OR 1=1").toString('base64url')}`,
  `cursor=${'x'.repeat(201)}`,
  'cursor=a&cursor=b',
  '__proto__=1',
  'constructor=1',
  'nobody=knows',
  `${'a'.repeat(1000)}=1`,
];
/** and of the list of tickets, */
export const wrongSearches = [
  `q=${'x'.repeat(201)}`,
  `q=${'x'.repeat(1000)}`,
  'q=a&q=b',
  'q[]=a',
  'q[$ne]=a',
  'available=yes',
  'available=1',
  'available=',
  'mine=TRUE',
  'mine=true&mine=false',
];

/** of what a price can be paid with, */
export const wrongOptions = [
  'price=',
  'price=0',
  'price=-1',
  'price=1.5',
  'price=cheap',
  'price=1e9',
  'price=1&price=2',
  'nobody=knows',
];

/** of the feed of events, */
export const wrongFeeds: [query: string, status: number][] = [
  ['limit=0', 400],
  ['limit=501', 400],
  ['limit=1e9', 400],
  ['limit[$gt]=1', 400],
  ['types=', 400],
  ['types=order', 400],
  ['types=order.complete', 400],
  ['types=order.*.created', 400],
  ['types=ORDER.CREATED', 400],
  ['types=order.created,', 400],
  ['types=__proto__.constructor', 400],
  ['types=order.created&types=ticket.sold', 400],
  [`types=${'a.b,'.repeat(2000)}a.b`, 400],
  ['after=', 400],
  ['after=-1', 410],
  ['after=0;DROP TABLE events', 400],
  ['after=Oldest', 400],
  ['after=1&after=2', 400],
  [`after=${'9'.repeat(40)}`, 410],
  [`after=${'9'.repeat(41)}`, 400],
  ['after=99999999999999999', 410],
  ['cursor=1', 400],
  ['nobody=knows', 400],
];

/** what is no key to it, */
export const noKeys = [
  '',
  'Bearer',
  'Bearer ',
  'Bearer undefined',
  'Bearer fsk_',
  `Bearer ${'x'.repeat(5000)}`,
  'Basic c2hvcDpzaG9w',
  'Bearer fsk_..%2f..',
  'bearer null',
];

/** and those of tickets that are odd, and find nothing. */
export const oddSearches = [
  'q=%00',
  'q=%ff',
  'q=%',
  'q=%ED%A0%80',
  "q='%20OR%201=1",
  'q=%F0%9F%8E%9F',
  'q=*',
  'q="',
];

/** Name, value and status. */
export const wrongHeaders: [name: string, value: string, status: number][] = [
  ['prefer', 'x'.repeat(1001), 400],
  ['idempotency-key', '', 400],
  ['idempotency-key', 'k'.repeat(256), 400],
  ['idempotency-key', 'clé', 400],
];

/** Replaced, since they could spoil a log. */
export const wrongRequestIds = ['../../../etc/passwd', '<script>', 'x', 'x'.repeat(65), '{"a":1}'];
