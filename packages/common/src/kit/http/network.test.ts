import { describe, expect, it } from 'vitest';
import { isAmong, isLoopback, isPublic, networksOf } from './network.ts';

describe('whom an address is counted as', () => {
  it.each([
    ['203.0.113.7', ['203.0.113.7']],
    ['203.0.113.7:51234', ['203.0.113.7']],
    ['::ffff:203.0.113.7', ['203.0.113.7']],
    ['[::ffff:203.0.113.7]:443', ['203.0.113.7']],
    ['0:0:0:0:0:FFFF:CB00:7107', ['203.0.113.7']],
    ['2001:db8:1:2::5', ['2001:db8:1:2', '2001:db8:1/48']],
    ['[2001:db8:1:2::5]', ['2001:db8:1:2', '2001:db8:1/48']],
    ['[2001:db8:1:2::5]:443', ['2001:db8:1:2', '2001:db8:1/48']],
    ['2001:0DB8:0001:0002:ffff:0:0:1', ['2001:db8:1:2', '2001:db8:1/48']],
    ['2001:db8::5', ['2001:db8:0:0', '2001:db8:0/48']],
    ['::1', ['0:0:0:0', '0:0:0/48']],
    ['fe80::1%eth0', ['fe80:0:0:0', 'fe80:0:0/48']],
    ...['unknown', '_hidden', '', '1', '0x7f.1', '127.1', '1.2.3.4:', '[1', 'a:1', '::1:x'].map(
      (text) => [text, ['unknown']] as [string, string[]],
    ),
  ])('%s as %j', (address, networks) => {
    expect(networksOf(address)).toEqual(networks);
  });
});

it.each(['127.0.0.1', '127.9.9.9:80', '::1', '[::1]:80', '::ffff:127.0.0.1'])(
  '%s is this machine',
  (address) => {
    expect(isLoopback(address)).toBe(true);
  },
);

it.each([
  ...[
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
  ],
  ...[
    '255.255.255.255',
    '224.0.0.1',
    '::',
    '::1',
    'fe80::1',
    'fd00::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
  ],
  ...['2002:a00:1::', '2001::1', 'ff02::1', 'localhost', 'unknown', ''],
])('%s is no public address', (address) => {
  expect(isPublic(address)).toBe(false);
});

it.each(['93.184.215.14', '2606:2800:21f::1', '::ffff:93.184.215.14'])(
  '%s is public',
  (address) => {
    expect(isPublic(address)).toBe(true);
  },
);

describe('a list of networks', () => {
  it.each([
    ['loopback', '::ffff:127.0.0.1', true],
    ['loopback', '10.0.0.1', false],
    ['uniquelocal', '192.168.1.1:80', true],
    ['uniquelocal', '[fd00::1]:80', true],
    ['linklocal', 'fe80::1%eth0', true],
    ['10.0.0.0/8', '10.1.2.3:4444', true],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['192.0.2.1, 2001:db8::/32', '[2001:DB8:0::9]:1', true],
    ['192.0.2.1, 2001:db8::/32', '192.0.2.1', true],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['loopback', 'unknown', false],
  ])('%s: with %s is %s', (list, address, expected) => {
    expect(isAmong(list)(address)).toBe(expected);
  });
});
