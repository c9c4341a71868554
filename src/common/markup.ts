import { escapeHtml } from './html.js';

/** HTML that is safe to send. Only `markup` makes it. */
export class Markup {
  constructor(readonly text: string) {}
}

type Part = Markup | string | number | null | undefined | false | Part[];

/** A template whose values are text unless they are markup themselves: what is put in cannot become markup. */
export const markup = (written: TemplateStringsArray, ...parts: Part[]): Markup =>
  new Markup(written.map((piece, index) => piece + rendered(parts[index])).join(''));

function rendered(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Markup) return part.text;
  if (Array.isArray(part)) return part.map(rendered).join('');
  return escapeHtml(String(part));
}
