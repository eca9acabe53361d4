import { cookiesNamed, type Device, deviceCookie, type ServiceContext } from '@fairseat/common/kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { User } from './user.ts';

/** As many accounts of one household; the one that has not signed in for longest is forgotten. */
const MAX_ACCOUNTS = 4;

const generationOf = ({ deviceGeneration = 0 }: User) => deviceGeneration;

/** Whether the user has signed in on this device, and has not signed out everywhere since. */
export const isKnown = (device: Device, user: User | undefined): boolean =>
  user !== undefined && device.accounts[user.id] === generationOf(user);

/** A user whose devices are all forgotten. */
export const withoutDevices = (user: User): User => ({
  ...user,
  version: user.version + 1,
  deviceGeneration: generationOf(user) + 1,
});

/** The cookie by which auth knows a device again. */
export function deviceCookies({ config, devices }: ServiceContext<'devices'>) {
  const { name, options } = deviceCookie(config);
  const cookiesOf = cookiesNamed(name);

  const read = async (request: FastifyRequest): Promise<Device | null> => {
    for (const token of cookiesOf(request)) {
      const device = await devices.verify(token);
      if (device) return device;
    }
    return null;
  };

  return {
    read,
    /** Makes the device known to one more account, with the session that it begins as its new id. */
    async add(request: FastifyRequest, reply: FastifyReply, user: User, id: string) {
      const before = Object.entries((await read(request))?.accounts ?? {});
      const others = before.filter(([account]) => account !== user.id).slice(0, MAX_ACCOUNTS - 1);
      const accounts = Object.fromEntries([[user.id, generationOf(user)], ...others]);
      reply.setCookie(name, await devices.sign({ id, accounts }), options);
    },
    clear(reply: FastifyReply) {
      reply.clearCookie(name, options);
    },
  };
}
