import { describe, expect, it } from 'vitest';
import { type ConfigError, loadConfig } from './config.js';
import { parseSmtpUrl } from './smtp-url.js';

describe('SMTP_URL', () => {
  it.each([
    ['smtp://mail.example.com', { host: 'mail.example.com', port: 587, secure: false, requireTls: false }],
    ['smtp://mail.example.com:25/', { port: 25 }],
    ['smtps://mail.example.com', { port: 465, secure: true, requireTls: false }],
    ['smtp://[::1]:2525', { host: '::1', port: 2525 }],
    ['smtps://ada:a%2Fb%3F%40@m.example', { auth: { user: 'ada', pass: 'a/b?@' } }],
    ['smtp://ada%40shop.example:x@m.example', { auth: { user: 'ada@shop.example', pass: 'x' } }],
  ])('%s', (url, server) => {
    expect(parseSmtpUrl(url)).toMatchObject(server);
  });

  it('sends no password to another machine in the clear, unless told so', () => {
    expect(parseSmtpUrl('smtp://u:p@mail.example.com').requireTls).toBe(true);
    expect(parseSmtpUrl('smtp://u:p@127.0.0.1:25').requireTls).toBe(false);
    expect(parseSmtpUrl('smtp://u:p@mail.example.com?ignoreTLS=true')).toMatchObject({
      requireTls: false,
      ignoreTls: true,
    });
  });

  it('checks the certificate, unless told not to', () => {
    expect(parseSmtpUrl('smtp://m.example').verifyCertificate).toBe(true);
    expect(parseSmtpUrl('smtp://m.example?tls.rejectUnauthorized=false').verifyCertificate).toBe(false);
  });

  it.each([
    'mail.example.com',
    'http://mail.example.com',
    'smtp://',
    'smtp:///hush',
    'smtp://mail.example.com:0x19',
    'smtp://mail.example.com/hush',
    'smtp://mail.example.com#hush',
    'smtp://mail.example.com?debug=true&hush=1',
    'smtp://mail.example.com?requireTLS=hush',
    'smtp://hush@mail.example.com',
    'smtp://:hush@mail.example.com',
    'smtp://u:hush%zz@mail.example.com',
    'smtp://u:hu/sh@mail.example.com',
    'smtp://ma%20il.example.com',
  ])('refuses %s at the start, naming the variable and not its value', (url) => {
    let problems: string[] = [];
    try {
      loadConfig({ SMTP_URL: url });
    } catch (error) {
      problems = (error as ConfigError).problems;
    }
    expect(problems).toEqual([expect.stringMatching(/^SMTP_URL /)]);
    expect(problems.join()).not.toContain('hush');
  });

  it('is off when it is not set', () => {
    expect(loadConfig({}).smtp).toBeUndefined();
    expect(loadConfig({ SMTP_URL: '' }).smtp).toBeUndefined();
  });
});
