import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { ChargeRecord } from '@fairseat/common/contracts/charge';
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { describeSettings } from '@fairseat/common/kit';
import {
  Caller,
  startProcess,
  startProgram,
  temporaryFolder,
} from '@fairseat/test-support/process';
import { describe, expect, it } from 'vitest';

const oneLine = /^Fairseat cannot start: [^\n]+\n$/;

describe('npm start', () => {
  it('says where it listens, where its data lies, and that payments are in test mode', async () => {
    using folder = temporaryFolder();
    const fairseat = await startProcess({ DATA_DIR: folder.path });
    const { stdout } = fairseat.output();
    expect(stdout).toContain(`listening on ${fairseat.url}`);
    expect(stdout).toContain(folder.path);
    expect(stdout).toContain('TEST MODE');
    expect((await fetch(`${fairseat.url}/readyz`)).status).toBe(200);
    expect(await fairseat.end('SIGINT')).toBe(0);
  });

  it('prints these lines alone, with pages and demo, until it has stopped', async () => {
    using folder = temporaryFolder();
    const fairseat = await startProcess({ DATA_DIR: folder.path }, { flags: ['--demo'] });
    expect((await fetch(fairseat.url ?? '')).status).toBe(200);
    expect(await fairseat.end('SIGINT')).toBe(0);
    const { stdout, stderr } = fairseat.output();
    const building = /^Building the pages: [^\n]+\nBuilt in \d+ s\.\n/;
    expect(stdout.replace(building, '').split('\n')).toEqual([
      `Fairseat is listening on ${fairseat.url}`,
      `  API     ${fairseat.url}/docs`,
      `  Data    ${folder.path}`,
      '  Payment TEST MODE: no card is charged and no money moves',
      '  Holds   15 minutes',
      '  Demo    sign in with the password fairseat-demo',
      '          as bea@example.com, who buys and holds two tickets',
      '          as sam@example.com, who sells, or sign up as yourself',
      '',
      'SIGINT: finishing what is in flight …',
      'Stopped. Nothing was lost.',
      '',
    ]);
    expect(stderr).toBe('');
  });

  it('keeps its data and its session key from all but their owner', async () => {
    using folder = temporaryFolder();
    const first = await startProcess({ DATA_DIR: folder.path });
    const person = await new Caller(first.url ?? '').signUp('a@example.com');
    await first.end('SIGTERM');
    for (const file of ['session-key.json', 'fairseat.sqlite']) {
      expect(statSync(join(folder.path, file)).mode & 0o777).toBe(0o600);
    }
    const second = await startProcess({ DATA_DIR: folder.path });
    person.url = second.url ?? '';
    const reply = await person.send('GET', '/api/users/currentuser');
    expect(reply?.body).toMatchObject({ currentUser: { email: 'a@example.com' } });
    await second.end('SIGTERM');
  });

  it('finishes what is in flight on Ctrl-C and exits with 0', async () => {
    using folder = temporaryFolder();
    const fairseat = await startProcess({ DATA_DIR: folder.path });
    const [seller, buyer] = [new Caller(fairseat.url ?? ''), new Caller(fairseat.url ?? '')];
    await Promise.all([seller.signUp('s@example.com'), buyer.signUp('b@example.com')]);
    const ticket = await seller.send<TicketRecord>('POST', '/api/tickets', {
      title: 'A',
      price: 1,
    });
    const order = await buyer.send<OrderRecord>(
      'POST',
      '/api/orders',
      { ticketId: ticket?.body.id },
      { prefer: 'wait=5' },
    );
    const paying = buyer.send<ChargeRecord>('POST', '/api/payments', {
      orderId: order?.body.id,
      token: 'pm_fairseat_slow',
    });
    // The charge is saved before the gateway is called, so once it is there, the payment is under way.
    await expect
      .poll(async () => (await buyer.send('GET', `/api/payments/${order?.body.id}`))?.status)
      .toBe(200);
    const ended = fairseat.end('SIGINT');
    expect((await paying)?.body.status).toBe('completed');
    expect(await ended).toBe(0);
  });

  it('refuses a data folder that another process uses', async () => {
    using folder = temporaryFolder();
    const first = await startProcess({ DATA_DIR: folder.path });
    const second = await startProcess({ DATA_DIR: folder.path });
    expect(await second.exited).toBe(1);
    expect(second.output().stderr).toMatch(oneLine);
    expect(second.output().stderr).toContain('another process is using it');
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
    await first.end('SIGTERM');
  });

  it('keeps the currency that the prices of its folder are in', async () => {
    using folder = temporaryFolder();
    const first = await startProcess({ DATA_DIR: folder.path, CURRENCY: 'JPY' });
    await first.end('SIGTERM');
    const second = await startProcess({ DATA_DIR: folder.path, CURRENCY: 'usd' });
    expect(await second.exited).toBe(1);
    expect(second.output().stderr).toMatch(oneLine);
    expect(second.output().stderr).toContain('are in jpy');
  });

  it('refuses a port that is taken, and names it', async () => {
    using folder = temporaryFolder();
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const fairseat = await startProcess({ DATA_DIR: folder.path, PORT: String(port) });
    expect(await fairseat.exited).toBe(1);
    expect(fairseat.output().stderr).toMatch(oneLine);
    expect(fairseat.output().stderr).toContain(`:${port}. Choose another PORT`);
    server.close();
  });

  it.each([
    [{ PORT: 'eighty' }, 'PORT=eighty'],
    [{ ORDER_EXPIRATION_SECONDS: '0' }, 'ORDER_EXPIRATION_SECONDS=0'],
    [{ PUBLIC_ORIGIN: 'tickets.example' }, 'PUBLIC_ORIGIN=tickets.example'],
    [{ CURRENCY: 'xyz' }, 'CURRENCY=xyz'],
    [{ HOST: 'nowhere.invalid', RATE_LIMITS: 'on' }, 'nowhere.invalid'],
    [{ HOST: '0.0.0.0', RATE_LIMITS: 'off' }, 'RATE_LIMITS=off'],
    [{ PUBLIC_ORIGIN: 'https://tickets.example' }, 'ALLOW_TEST_PAYMENTS=on'],
    [{ STRIPE_SECRET_KEY: 'sk_test_1' }, 'PUBLIC_ORIGIN is not set'],
  ])('refuses the setting %o in one line that names it', async (env, named) => {
    using folder = temporaryFolder();
    const fairseat = await startProcess({ DATA_DIR: folder.path, ...env });
    expect(await fairseat.exited).toBe(1);
    expect(fairseat.output().stderr).toMatch(oneLine);
    expect(fairseat.output().stderr).toContain(named);
  });

  it('refuses a data folder that cannot be one', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'file');
    writeFileSync(file, 'not a folder');
    mkdirSync(join(folder.path, 'foreign'));
    writeFileSync(join(folder.path, 'foreign', 'fairseat.sqlite'), 'x'.repeat(4096));
    for (const dataDir of [file, join(file, 'below'), join(folder.path, 'foreign')]) {
      const fairseat = await startProcess({ DATA_DIR: dataDir });
      expect(await fairseat.exited).toBe(1);
      expect(fairseat.output().stderr).toMatch(oneLine);
    }
  });

  it('refuses a disk that takes no more', async () => {
    using folder = temporaryFolder();
    const fairseat = await startProcess({ DATA_DIR: folder.path }, { limits: 'ulimit -f 2;' });
    expect(await fairseat.exited).toBe(1);
    expect(fairseat.output().stderr).toMatch(oneLine);
  });
});

describe('the flags of npm start', () => {
  const start = async (flags: string[], env = {}) => {
    const fairseat = await startProcess(env, { flags });
    return { code: await fairseat.exited, ...fairseat.output() };
  };

  it.each([['--dmeo'], ['demo'], ['--demo=yes']])('are refused when unknown: %s', async (flag) => {
    const { code, stderr } = await start([flag]);
    expect(code).toBe(1);
    expect(stderr).toMatch(oneLine);
    expect(stderr).toContain('--help');
  });
});

describe('--help', () => {
  it.each([
    ['services/marketplace/main.ts', ['--demo', '--api-only', '--help']],
    ['infra/distributed/main.ts', ['--replicas', '--api-only', '--help']],
  ])('of %s tells the flags and every setting, in 100 columns', async (main, flags) => {
    const program = await startProgram(main, {}, { flags: ['--help'] });
    expect(await program.exited).toBe(0);
    const { stdout, stderr } = program.output();
    for (const flag of flags) expect(stdout).toContain(` -- ${flag} `);
    const told = stdout.matchAll(/^ {2}([A-Z_]+) +\S.*?\(default: [^)]+\)$/gms);
    const settings = describeSettings().flatMap((group) => group.settings);
    expect([...told].map(([, name]) => name)).toEqual(settings.map(({ name }) => name));
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
    expect(stdout).toMatch(/others \(default: none, needed by all but feed\)\n$/);
    expect(stderr).toBe('');
  });

  it.each([
    'infra/servers/main.ts',
    'infra/distributed/make-session-keys.ts',
    'services/marketplace/migrate.ts',
    'services/marketplace/say-again.ts',
    'services/marketplace/restored.ts',
  ])('of %s does nothing else', async (main) => {
    const program = await startProgram(main, {}, { flags: ['--help'] });
    expect(await program.exited).toBe(0);
    expect(program.output()).toMatchObject({
      stdout: expect.stringContaining('npm run'),
      stderr: '',
    });
  });
});

describe('npm start -- --api-only', () => {
  it('has no pages', async () => {
    using folder = temporaryFolder();
    const fairseat = await startProcess({ DATA_DIR: folder.path }, { flags: ['--api-only'] });
    for (const path of ['/', '/tickets/new', '/nowhere']) {
      const reply = await fetch(fairseat.url + path);
      expect(reply.status).toBe(404);
      expect(reply.headers.get('content-type')).toContain('application/problem+json');
      expect(await reply.json()).toMatchObject({ status: 404, code: 'not_found' });
    }
    await fairseat.end('SIGTERM');
  });
});

describe('the pages by themselves', () => {
  it.each([
    [{}, 'API_ORIGIN is not set'],
    [{ API_ORIGIN: '127.0.0.1:3000' }, 'API_ORIGIN=127.0.0.1:3000'],
    [{ API_ORIGIN: 'http://127.0.0.1:3000/api' }, 'API_ORIGIN=http://127.0.0.1:3000/api'],
  ])('refuse the setting %o in one line that names it', async (env, named) => {
    const client = await startProgram('client/main.ts', env);
    expect(await client.exited).toBe(1);
    expect(client.output().stderr).toMatch(/^client cannot start: [^\n]+\n$/);
    expect(client.output().stderr).toContain(named);
    expect(client.output().stderr).toContain('http://127.0.0.1:3000');
  });
});

describe('the demo', () => {
  const flags = ['--demo', '--api-only'];
  interface TicketPage {
    tickets: TicketRecord[];
    nextCursor: string | null;
  }

  async function look(url = '') {
    const caller = new Caller(url);
    const all = await caller.send<TicketPage>('GET', '/api/tickets?limit=100');
    return { caller, tickets: all?.body.tickets ?? [] };
  }

  it.each(['usd', 'jpy'])('fills a new folder once, at prices in %s', async (CURRENCY) => {
    using folder = temporaryFolder();
    const env = { DATA_DIR: join(folder.path, 'new'), CURRENCY, RATE_LIMITS: 'on' };
    for (let start = 1; start <= 2; start++) {
      const fairseat = await startProcess(env, { flags });
      const { caller, tickets } = await look(fairseat.url);
      const having = (status: string) => tickets.filter((ticket) => ticket.status === status);
      expect(tickets.length).toBeGreaterThan(40);
      expect(having('reserved')).toHaveLength(4);
      expect(having('sold')).toHaveLength(1);
      expect(Math.max(...tickets.map(({ price }) => price))).toBe(CURRENCY === 'jpy' ? 145 : 14500);

      const { stdout } = fairseat.output();
      const [, password] = /password (\S+)/.exec(stdout) ?? [];
      const [, email] = /as (\S+@\S+?),/.exec(stdout) ?? [];
      const reply = await caller.send('POST', '/api/users/signin', { email, password });
      expect(reply?.status).toBe(200);
      await fairseat.end('SIGTERM');
    }
  });

  it('is completed when its filling was cut short', async () => {
    using folder = temporaryFolder();
    const env = { DATA_DIR: folder.path, RATE_LIMITS: 'on' };
    const whole = await startProcess(env, { flags });
    const { tickets } = await look(whole.url);
    await whole.end('SIGKILL');
    writeFileSync(join(folder.path, 'demo'), 'to be filled');
    const again = await startProcess(env, { flags });
    expect((await look(again.url)).tickets).toEqual(tickets);
    await again.end('SIGTERM');
  });

  it('leaves a folder alone that holds other data', async () => {
    using folder = temporaryFolder();
    const own = await startProcess({ DATA_DIR: folder.path });
    await own.end('SIGTERM');
    const files = readdirSync(folder.path);
    const demo = await startProcess({ DATA_DIR: folder.path }, { flags });
    expect(await demo.exited).toBe(1);
    expect(demo.output().stderr).toMatch(oneLine);
    expect(demo.output().stderr).toContain('holds other data');
    expect(readdirSync(folder.path)).toEqual(files);
  });
});
