import { describe, expect, it } from 'vitest';
import { smtpFailure } from './smtp-failure.js';

const response = (text: string) => ({
  response: text,
  responseCode: Number(text.slice(0, 3)),
  permanent: text.startsWith('5'),
});

describe('what a mail server says', () => {
  it.each([
    [
      { code: 'EENVELOPE', command: 'RCPT TO', ...response('550 5.1.1 <ada@x.example> unknown') },
      'recipient_refused 550 5.1.1',
      true,
      false,
    ],
    [
      { code: 'EENVELOPE', command: 'RCPT TO', ...response('451 4.7.1 try ada@x.example again later') },
      'recipient_refused 451 4.7.1',
      false,
      false,
    ],
    [
      { code: 'EENVELOPE', command: 'RCPT TO', ...response('421 closing') },
      'recipient_refused 421',
      false,
      true,
    ],
    [
      { code: 'EMESSAGE', command: 'DATA', ...response('554 spam, ada@x.example') },
      'message_refused 554',
      true,
      false,
    ],
    [{ code: 'EMESSAGE', command: 'DATA', ...response('452 full') }, 'message_refused 452', false, false],
    [{ code: 'EENVELOPE', command: 'API' }, 'recipient_refused', true, false],
    [
      { code: 'EENVELOPE', command: 'MAIL FROM', ...response('550 not yours') },
      'sender_refused 550',
      false,
      true,
    ],
    [
      { code: 'EAUTH', command: 'AUTH PLAIN', ...response('535 5.7.8 no') },
      'login_refused 535 5.7.8',
      false,
      true,
    ],
    [{ code: 'ESOCKET', command: 'CONN' }, 'connection', false, true],
    [{ code: 'ETIMEDOUT' }, 'timeout', false, true],
    [{ code: 'EABORT' }, 'timeout', false, true],
    [new Error('ada@x.example'), 'unexpected', false, true],
    [undefined, 'unexpected', false, true],
  ])('%o', (error, kind, final, serverDown) => {
    expect(smtpFailure(error)).toEqual({ error: kind, final, serverDown });
  });
});
