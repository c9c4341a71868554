/** What came of handing an e-mail to the mail server, where it did not take it. */
export interface SmtpFailure {
  /** What kind of failure, with the server's codes; never its words, which quote the address. */
  error: string;
  /** Asked again it would say the same. */
  final: boolean;
  /** It would not have taken another one either. */
  serverDown: boolean;
}

/** What nodemailer tells of a failure. */
interface SmtpError {
  code?: string;
  command?: string;
  responseCode?: number;
  response?: string;
  permanent?: boolean;
}

const byCode: Partial<Record<string, string>> = {
  ETIMEDOUT: 'timeout',
  EABORT: 'timeout',
  EDNS: 'dns',
  ETLS: 'tls',
  ESOCKET: 'connection',
  ECONNECTION: 'connection',
  EPROTOCOL: 'protocol',
  EAUTH: 'login_refused',
  ENOAUTH: 'login_refused',
  EMESSAGE: 'message_refused',
};

const byCommand: Partial<Record<string, string>> = {
  'MAIL FROM': 'sender_refused',
  'RCPT TO': 'recipient_refused',
  DATA: 'message_refused',
  API: 'recipient_refused',
};

const aboutThisOne = ['recipient_refused', 'message_refused'];

/** A 5xx about the recipient or the message is final; one about us, the sender or the login, somebody can mend. */
export function smtpFailure(error: unknown): SmtpFailure {
  const { code = '', command = '', responseCode, response, permanent } = (error ?? {}) as SmtpError;
  const kind = (code === 'EENVELOPE' ? byCommand[command] : byCode[code]) ?? 'unexpected';
  const aboutIt = aboutThisOne.includes(kind);
  return {
    error: [kind, responseCode, enhancedCode(response)].filter(Boolean).join(' '),
    final: aboutIt && (permanent === true || command === 'API'),
    serverDown: !aboutIt || responseCode === 421,
  };
}

/** RFC 3463: `5.1.1`. */
const enhancedCode = (response: string | undefined): string | undefined =>
  /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response ?? '')?.[1];
