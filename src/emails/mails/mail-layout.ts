import { escapeHtml } from '../../common/html.js';

/** What a mail says; how it looks is decided here, once. Every text may hold whatever people typed. */
export interface MailContent {
  subject: string;
  heading: string;
  paragraphs: string[];
  lines: { caption: string; rows: MailRow[]; totals: MailRow[] };
  facts: { label: string; value: string; href?: string }[];
  link: { label: string; href: string };
  /** Who writes. */
  from: string;
}

export interface MailRow {
  label: string;
  value: string;
}

export interface RenderedMail {
  subject: string;
  text: string;
  html: string;
}

export function renderMail(typed: MailContent): RenderedMail {
  const content = tidy(typed);
  return { subject: content.subject, text: asText(content), html: asHtml(content) };
}

function asText({ heading, paragraphs, lines, facts, link, from }: MailContent): string {
  const row = ({ label, value }: MailRow): string => `${label}: ${value}`;
  const blocks = [
    [heading],
    ...paragraphs.map((paragraph) => [paragraph]),
    [lines.caption, ...lines.rows.map((each) => `- ${row(each)}`)],
    lines.totals.map(row),
    facts.map(({ label, value, href }) =>
      row({ label, value: href && href !== value ? `${value} ${href}` : value }),
    ),
    [`${link.label}: ${link.href}`],
    [from],
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

/** Tables and headings as screen readers want them; nothing that is fetched from anywhere. */
function asHtml({ subject, heading, paragraphs, lines, facts, link, from }: MailContent): string {
  const row =
    (style: string) =>
    ({ label, value }: MailRow) =>
      `<tr><th scope="row" style="${cell}text-align:left;${style}">${escapeHtml(label)}</th>` +
      `<td style="${cell}text-align:right;white-space:nowrap">${escapeHtml(value)}</td></tr>`;
  const fact = ({ label, value, href }: MailContent['facts'][number]): string =>
    `<p style="margin:0">${escapeHtml(label)}: ${href ? anchor(href, value) : escapeHtml(value)}</p>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${escapeHtml(subject)}</title></head>
<body style="margin:0 auto;padding:1rem;max-width:36rem;font:1rem/1.5 system-ui,sans-serif">
<h1 style="font-size:1.4rem">${escapeHtml(heading)}</h1>
${paragraphs.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`).join('\n')}
<table style="width:100%;border-collapse:collapse"><caption style="text-align:left;font-weight:bold">${escapeHtml(lines.caption)}</caption>
<tbody>${lines.rows.map(row('font-weight:normal')).join('')}</tbody>
<tfoot>${lines.totals.map(row('')).join('')}</tfoot></table>
<div style="margin:1rem 0">${facts.map(fact).join('')}</div>
<p>${anchor(link.href, link.label)}</p>
<p>${escapeHtml(from)}</p>
</body></html>
`;
}

const cell = 'padding:.25rem 0;border-bottom:1px solid #ddd;vertical-align:top;';

const anchor = (href: string, text: string): string =>
  `<a href="${escapeHtml(href)}">${escapeHtml(text)}</a>`;

/** Each text on one line, without what would change the direction of those after it; links that are none are text. */
function tidy(content: MailContent): MailContent {
  const rows = (some: MailRow[]): MailRow[] =>
    some.map(({ label, value }) => ({ label: oneLine(label), value: oneLine(value) }));
  return {
    subject: oneLine(content.subject),
    heading: oneLine(content.heading),
    paragraphs: content.paragraphs.map(oneLine),
    lines: {
      caption: oneLine(content.lines.caption),
      rows: rows(content.lines.rows),
      totals: rows(content.lines.totals),
    },
    facts: content.facts.map(({ label, value, href }) => ({
      label: oneLine(label),
      value: oneLine(value),
      ...(href !== undefined && isWebAddress(href) && { href: new URL(href).href }),
    })),
    link: content.link,
    from: oneLine(content.from),
  };
}

const oneLine = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();

const isWebAddress = (href: string): boolean =>
  URL.canParse(href) && ['http:', 'https:'].includes(new URL(href).protocol);
