/** Links between the services and their engines that can be cut and slowed. */
import { freePort } from '../../infra/servers/process.ts';
import type { EngineName, OwnServers } from './engines.ts';

export const engineNames = ['database', 'NATS', 'Redis'] as const;

/** The harm to a link: see Toxiproxy's list of toxics. */
interface Toxic {
  type: 'latency' | 'timeout' | 'bandwidth' | 'reset_peer';
  stream: 'upstream' | 'downstream';
  attributes: Record<string, number>;
}

export class Links {
  readonly #api: string;
  readonly urls: Record<EngineName, string>;

  private constructor(api: string, urls: Record<EngineName, string>) {
    this.#api = api;
    this.urls = urls;
  }

  static async to(servers: OwnServers): Promise<Links> {
    if (!servers.toxiproxy) throw new Error('these servers were started without links');
    const urls = {} as Record<EngineName, string>;
    const links = new Links(servers.toxiproxy.url, urls);
    for (const name of engineNames) {
      const url = new URL(servers[name].url);
      const upstream = url.host;
      url.port = String(await freePort(0));
      await links.#post('/proxies', { name, listen: url.host, upstream, enabled: true });
      urls[name] = url.href;
    }
    return links;
  }

  /** Ends every connection and refuses new ones until `join`. */
  cut = (name: EngineName) => this.#post(`/proxies/${name}`, { enabled: false });
  join = (name: EngineName) => this.#post(`/proxies/${name}`, { enabled: true });

  /** The engine receives everything, but no answer returns. */
  loseAnswers = (name: EngineName) =>
    this.#poison(name, { type: 'timeout', stream: 'downstream', attributes: { timeout: 0 } });
  /** Nothing passes either way, and neither side notices. */
  async goDead(name: EngineName) {
    for (const stream of ['upstream', 'downstream'] as const) {
      await this.#poison(name, { type: 'timeout', stream, attributes: { timeout: 0 } });
    }
  }
  /** Every answer takes longer by `ms`, give or take half of it. */
  slow = (name: EngineName, ms: number) =>
    this.#poison(name, {
      type: 'latency',
      stream: 'downstream',
      attributes: { latency: ms, jitter: ms / 2 },
    });

  /** Removes all harm. */
  heal = () => this.#post('/reset', {});

  #poison = (name: EngineName, toxic: Toxic) =>
    this.#post(`/proxies/${name}/toxics`, { name: `${toxic.type} ${toxic.stream}`, ...toxic });

  async #post(path: string, body: object) {
    const headers = { 'content-type': 'application/json' };
    const reply = await fetch(this.#api + path, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    if (!reply.ok) throw new Error(`Toxiproxy answers ${reply.status}: ${await reply.text()}`);
  }
}
