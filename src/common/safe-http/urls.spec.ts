import { describe, expect, it } from 'vitest';
import { addressRefusal } from './addresses.js';
import { urlRefusal } from './urls.js';

const outside = { sandbox: false };
const sandbox = { sandbox: true };

/** As a URL may spell them. */
const ours = {
  loopback: ['127.0.0.1', '127.255.255.254', '0x7f.1', '0x7f000001', '2130706433', '0177.0.0.1', '127.1'],
  'loopback in other clothes': [
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '127.0.0.1.',
    '１２７.0.0.1',
  ],
  'this host': ['0.0.0.0', '0', '0.1.2.3', '[::]'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '[::ffff:10.0.0.1]'],
  'link-local, where clouds keep their secrets': [
    '169.254.169.254',
    '0xa9fea9fe',
    '[::ffff:169.254.169.254]',
    '[fe80::1]',
  ],
  'carrier-grade NAT': ['100.64.0.1', '100.127.255.255'],
  'broadcast, multicast and reserved': [
    '255.255.255.255',
    '224.0.0.1',
    '240.0.0.1',
    '192.0.2.1',
    '198.18.0.1',
  ],
  'unique local': ['[fc00::1]', '[fd00:ec2::254]'],
  'IPv4-compatible': ['[::7f00:1]', '[::127.0.0.1]', '[::a00:1]', '[::808:808]'],
  NAT64: ['[64:ff9b::7f00:1]', '[64:ff9b::a9fe:a9fe]', '[64:ff9b:1::1]'],
  '6to4 and Teredo': ['[2002:7f00:1::]', '[2002:a9fe:a9fe::1]', '[2001:0:4136:e378:8000:63bf:3fff:fdd2]'],
  'other IPv6 that is not public': [
    '[fec0::1]',
    '[ff02::1]',
    '[100::1]',
    '[2001:db8::1]',
    '[3fff::1]',
    '[::ffff:0:127.0.0.1]',
    '[4000::1]',
    '[5f00::1]',
  ],
};

const publicOnes = ['93.184.216.34', '8.8.8.8', '172.32.0.1', '[2606:4700::1111]', '[2a00:1450:4001::200e]'];

const spelt = Object.values(ours).flat();
const loopbackOnes = [...ours.loopback, ...ours['loopback in other clothes']];

describe('a URL', () => {
  it.each(Object.entries(ours))('with %s as its host is refused outside the sandbox', (_, hosts) => {
    for (const host of hosts) expect(urlRefusal(`https://${host}/hook`, outside), host).toMatch(/address/);
  });

  it('with a public address as its host may be called', () => {
    for (const host of publicOnes) expect(urlRefusal(`https://${host}/hook`, outside), host).toBeNull();
  });

  it('may lead to this machine in the sandbox, and to no other one that is not public', () => {
    for (const host of spelt) {
      const refusal = urlRefusal(`http://${host}:4711/hook`, sandbox);
      if (loopbackOnes.includes(host)) expect(refusal, host).toBeNull();
      else expect(refusal, host).toMatch(/not a public address/);
    }
  });

  it.each(['localhost', 'LOCALHOST', 'localhost.', 'shop.localhost', 'shop.localhost.'])(
    'with the host %s is this machine, wherever it would be looked up',
    (host) => {
      expect(urlRefusal(`https://${host}/`, outside)).toMatch(/this machine/);
      expect(urlRefusal(`http://${host}:4711/`, sandbox)).toBeNull();
    },
  );

  it.each([
    ['http://shop.example/', 'https://'],
    ['ftp://shop.example/', 'https://'],
    ['file:///etc/passwd', 'https://'],
    ['javascript:alert(1)', 'https://'],
    ['https://user@shop.example/', 'user name'],
    ['https://user:word@shop.example/', 'user name'],
    ['https://:word@shop.example/', 'user name'],
    ['https://shop.example:22/', 'Port 22'],
    ['https://shop.example:80/', 'Port 80'],
    ['https://8.8.8.8:6379/', 'Port 6379'],
    ['//shop.example/', 'absolute'],
    ['/hook', 'absolute'],
    ['', 'absolute'],
    ['https://', 'absolute'],
    ['https://shop.example/a b', 'absolute'],
    ['https://shop.example/\n', 'absolute'],
    ['ht\ttps://shop.example/', 'absolute'],
    ['https://[fe80::1%25eth0]/', 'absolute'],
    ['https://256.0.0.1/', 'absolute'],
  ])('%j is refused: %s', (url, word) => {
    expect(urlRefusal(url, outside)).toContain(word);
  });

  it('may use the ports of HTTPS, and in the sandbox also plain HTTP', () => {
    for (const url of [
      'https://shop.example',
      'https://shop.example:443/',
      'https://shop.example:8443/a?b=c',
    ])
      expect([url, urlRefusal(url, outside), urlRefusal(url, sandbox)]).toEqual([url, null, null]);
    expect(urlRefusal('http://shop.example/', sandbox)).toBeNull();
    expect(urlRefusal('http://shop.example:8080/', sandbox)).toContain('Port 8080');
    expect(urlRefusal('ftp://localhost/', sandbox)).toContain('https://');
  });
});

describe('an address', () => {
  it.each(['fe80::1%eth0', '2606:4700::1111%eth0', '::1%1', '', 'localhost', '1.2.3', '08.8.8.8'])(
    'that is %j is none to be called',
    (address) => {
      expect(addressRefusal(address, outside)).not.toBeNull();
      expect(addressRefusal(address, sandbox)).not.toBeNull();
    },
  );
});
