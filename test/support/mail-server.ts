import { SMTPServer } from 'smtp-server';
import { freePort } from './ports.js';

/** An e-mail as it arrived, read by hand. */
export interface ReceivedMail {
  to: string[];
  /** As they stand in the message, lines joined, by lowercase name. */
  headers: Map<string, string>;
  raw: string;
  text: string;
  html: string;
}

/** What the server answers instead of taking something. */
export type Refusal = { code: number; say?: string } | null | 'hang';

/** A mail server of the merchant: remembers what it took and refuses as told. */
export class MailServer {
  /** What it has answered with 250. */
  readonly received: ReceivedMail[] = [];
  /** How often somebody named a recipient. */
  asked = 0;
  onRecipient: (address: string) => Refusal = () => null;
  onMessage: (mail: ReceivedMail) => Refusal | Promise<Refusal> = () => null;
  private server: SMTPServer | undefined;

  private constructor(private readonly port: number) {}

  static async start(): Promise<MailServer> {
    const server = new MailServer(await freePort());
    await server.listen();
    return server;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  /** Again on the same port, after `close()`. */
  async listen({ startTls = false } = {}): Promise<void> {
    const server = new SMTPServer({
      authOptional: true,
      hideSTARTTLS: !startTls,
      closeTimeout: 50,
      onRcptTo: ({ address }, _, callback) => {
        this.asked += 1;
        answer(this.onRecipient(address), () => callback(), callback);
      },
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const to = session.envelope.rcptTo.map(({ address }) => address);
          const mail = readMail(Buffer.concat(chunks).toString('latin1'), to);
          const take = (): void => {
            this.received.push(mail);
            callback();
          };
          void Promise.resolve(this.onMessage(mail)).then((refusal) => answer(refusal, take, callback));
        });
      },
    });
    // A client that hangs up is no news.
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.server = server;
  }

  close(): Promise<void> {
    return new Promise((resolve) => (this.server ? this.server.close(() => resolve()) : resolve()));
  }

  /** What was taken for an address. */
  mailsTo(address: string): ReceivedMail[] {
    return this.received.filter(({ to }) => to.includes(address));
  }
}

function answer(refusal: Refusal, take: () => void, refuse: (error: Error) => void): void {
  if (refusal === 'hang') return;
  if (refusal === null) take();
  else refuse(Object.assign(new Error(refusal.say ?? 'no'), { responseCode: refusal.code }));
}

function readMail(raw: string, to: string[]): ReceivedMail {
  const whole = readPart(raw);
  const boundary = /boundary="([^"]+)"/.exec(whole.headers.get('content-type') ?? '')?.[1];
  const parts = boundary ? whole.body.split(`--${boundary}`).slice(1, -1).map(readPart) : [];
  const textOf = (type: string): string => {
    const part = parts.find(({ headers }) => headers.get('content-type')?.startsWith(type));
    return part ? decode(part.body.trim(), part.headers.get('content-transfer-encoding')) : '';
  };
  return { to, headers: whole.headers, raw, text: textOf('text/plain'), html: textOf('text/html') };
}

function readPart(part: string): { headers: Map<string, string>; body: string } {
  const [head = '', ...body] = part.replace(/^\r\n/, '').split('\r\n\r\n');
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [name = '', ...value] = line.split(':');
    if (headers.has(name.toLowerCase())) throw new Error(`the header ${name} is there twice`);
    headers.set(name.toLowerCase(), encodedWords(value.join(':').trim()));
  }
  return { headers, body: body.join('\r\n\r\n') };
}

function decode(body: string, encoding: string | undefined): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1').toString('utf8');
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([\dA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** RFC 2047. */
function encodedWords(value: string): string {
  return value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, how: string, word: string) =>
      how.toLowerCase() === 'b'
        ? Buffer.from(word, 'base64').toString('utf8')
        : decode(word.replaceAll('_', ' '), 'quoted-printable'),
    );
}
