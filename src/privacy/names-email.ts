/** What an address goes on with, to the left and to the right. JSON writes a line break as a letter after a backslash. */
const begins = String.raw`(?:(?<![\w.%+'&-])|(?<=\\[nrt]))`;
const ends = String.raw`(?![\w-]|\.\w)`;

/** Whether a text names this e-mail, and not only another one of which it is a part: `ann@x.example` in `joann@x.example`. */
export const namesEmail = (text: string, email: string): boolean =>
  new RegExp(begins + email.replace(/[^\w@]/g, String.raw`\$&`) + ends, 'i').test(text);
