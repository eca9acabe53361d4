/**
 * For tests: stands between the driver and a MongoDB, and understands what they say. It lists the commands, answers some
 * of them itself, and can present the server as a member of a replica set, which the stand-in for MongoDB is not.
 */
import type { Socket } from 'node:net';
import { BSON } from 'mongodb';
import { TcpProxy } from './tcp-proxy.ts';

type Document = BSON.Document;

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER = 16;
/** What lies before the document of a message, and of the reply to a query. */
const BEFORE = { [OP_MSG]: HEADER + 5, [OP_REPLY]: HEADER + 20 };
export const NOT_PRIMARY = {
  ok: 0,
  code: 10_107,
  codeName: 'NotWritablePrimary',
  errmsg: 'not primary',
};

export class MongoWire extends TcpProxy {
  #isPrimary: boolean | undefined;
  /** The commands received, but those by which the driver watches the server. */
  readonly commands: Document[] = [];
  /** How often the driver asked what the server is, on a connection that is open. */
  heartbeats = 0;
  /** Answers in place of the server; what is undefined goes on to it. */
  answer: (command: Document) => Document | undefined = () => undefined;
  /** Changes what the server has answered. */
  amend: (command: Document, reply: Document) => Document = (_, reply) => reply;

  static to(target: string): Promise<MongoWire> {
    return new MongoWire(target).listen();
  }

  get #host() {
    return `127.0.0.1:${this.port}`;
  }

  /** The address by way of this wire, with options such as `?replicaSet=rs`. */
  url = (options = '') => `mongodb://${this.#host}/${options}`;

  /** From now on the server is the only one of a replica set `rs` that the driver sees, and is primary or is not. */
  become(role: 'primary' | 'secondary') {
    this.#isPrimary = role === 'primary';
  }

  protected override join(near: Socket) {
    const far = this.pair(near);
    const asked = new Map<number, Document>();
    onMessage(near, (message) => {
      const { id, document } = read(message);
      asked.set(id, document);
      if (isHello(document)) this.heartbeats += document['client'] ? 0 : 1;
      else {
        this.commands.push(document);
        const isRefused = this.#isPrimary === false && !document['endSessions'];
        const own = this.answer(document) ?? (isRefused ? NOT_PRIMARY : undefined);
        if (own) {
          near.write(written(OP_MSG, id, own));
          return;
        }
      }
      far.write(message);
    });
    onMessage(far, (message) => {
      const { to, code, document } = read(message);
      const command = asked.get(to) ?? {};
      asked.delete(to);
      const reply = isHello(command) ? this.#asMember(document) : this.amend(command, document);
      near.write(reply === document ? message : written(code, to, reply));
    });
  }

  /** Without `topologyVersion` the driver asks each time anew. */
  #asMember(hello: Document): Document {
    if (this.#isPrimary === undefined) return hello;
    const isPrimary = this.#isPrimary === true;
    const member = { setName: 'rs', setVersion: 1, hosts: [this.#host], me: this.#host };
    return {
      ...hello,
      topologyVersion: undefined,
      ...member,
      ismaster: isPrimary,
      isWritablePrimary: isPrimary,
      secondary: !isPrimary,
    };
  }
}

const isHello = (command: Document) =>
  ['hello', 'ismaster', 'isMaster'].some((name) => name in command);

/** Calls back with each whole message. */
function onMessage(socket: Socket, callback: (message: Buffer) => void) {
  let rest = Buffer.alloc(0);
  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data as Buffer]);
    while (rest.length >= HEADER && rest.length >= rest.readInt32LE(0)) {
      const length = rest.readInt32LE(0);
      callback(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  });
}

function read(message: Buffer) {
  const code = message.readInt32LE(12);
  const begin =
    code === OP_QUERY ? message.indexOf(0, HEADER + 4) + 9 : BEFORE[code as keyof typeof BEFORE];
  const document = message.subarray(begin, begin + message.readInt32LE(begin));
  return {
    id: message.readInt32LE(4),
    to: message.readInt32LE(8),
    code,
    document: BSON.deserialize(document),
  };
}

function written(code: number, to: number, document: Document): Buffer {
  const body = BSON.serialize(document, { ignoreUndefined: true });
  const before = Buffer.alloc(BEFORE[code as keyof typeof BEFORE]);
  before.writeInt32LE(before.length + body.length, 0);
  before.writeInt32LE(to, 8);
  before.writeInt32LE(code, 12);
  // The number of documents that a reply has.
  if (code === OP_REPLY) before.writeInt32LE(1, HEADER + 16);
  return Buffer.concat([before, body]);
}
