/** A mail server to hand e-mails to. */
export interface SmtpServer {
  host: string;
  port: number;
  /** TLS from the first byte (`smtps://`); otherwise STARTTLS where the server offers it. */
  secure: boolean;
  /** Nothing is said before STARTTLS has succeeded. */
  requireTls: boolean;
  ignoreTls: boolean;
  /** False: whoever answers is believed. */
  verifyCertificate: boolean;
  auth?: { user: string; pass: string };
}

/** As nodemailer spells them. */
const switches = ['requireTLS', 'ignoreTLS', 'tls.rejectUnauthorized'];

const ports = { 'smtp:': 587, 'smtps:': 465 };

/**
 * Reads `smtp://` or `smtps://` with a host, perhaps a port, `user:password@` and switches after a `?`. A password is
 * not sent to another machine without TLS unless `ignoreTLS=true` says so. Throws a sentence that quotes nothing of it.
 */
export function parseSmtpUrl(value: string): SmtpServer {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || (url.protocol !== 'smtp:' && url.protocol !== 'smtps:') || !/^[\w.:[\]-]+$/.test(url.hostname))
    throw new Error('must look like smtp://user:password@host:587 or smtps://user:password@host:465');
  if (!['', '/'].includes(url.pathname) || url.hash !== '')
    throw new Error('takes no path; % encode /, ? and # in the user and the password');
  const on = readSwitches(url.searchParams);
  const auth = readLogin(url);
  const secure = url.protocol === 'smtps:';
  const ignoreTls = on.get('ignoreTLS') ?? false;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? ports[url.protocol] : Number(url.port),
    secure,
    ignoreTls,
    requireTls: on.get('requireTLS') ?? (auth !== undefined && !secure && !ignoreTls && !isThisMachine(url)),
    verifyCertificate: on.get('tls.rejectUnauthorized') ?? true,
    ...(auth && { auth }),
  };
}

function readSwitches(given: URLSearchParams): Map<string, boolean> {
  for (const [name, value] of given)
    if (!switches.includes(name) || !['true', 'false'].includes(value))
      throw new Error(`takes ${switches.join('=, ')}= with true or false after the ?, and nothing else`);
  return new Map([...given].map(([name, value]) => [name, value === 'true']));
}

function readLogin({ username, password }: URL): SmtpServer['auth'] {
  if ((username === '') !== (password === ''))
    throw new Error('needs a user and a password, or neither of them');
  try {
    return username === ''
      ? undefined
      : { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
  } catch {
    throw new Error('has a user or a password that is not % encoded');
  }
}

const isThisMachine = ({ hostname }: URL): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
