import type { Answer } from '../../http.js';
import type { PaymentLinkRow } from '../tables.js';

const STATUS_TEXT: Record<PaymentLinkRow['status'], string> = {
  created: 'This payment is due.',
  paid: 'This payment is made. Thank you.',
  cancelled: 'This payment link was cancelled.',
  expired: 'This payment link has expired.',
};

/** The page behind a link's `short_url`: no scripts, one form, readable by anything that reads HTML. */
export function linkPage(link: PaymentLinkRow, message?: string): Answer {
  const title = link.description === '' ? 'Payment' : link.description;
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)} - sandbox payment</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem}label,select,button{display:block;margin:.5rem 0;font:inherit}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
<p>Sandbox: no money moves.</p>
<p>Amount: <strong>${amountText(link)}</strong></p>
<p role="status">${escape(message ?? STATUS_TEXT[link.status])}</p>
${link.status === 'created' ? form(link) : ''}</main>
</body>
</html>
`;
  return { status: 200, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body };
}

function form(link: PaymentLinkRow): string {
  return `<form method="post" action="/_sim/razorpay/links/${link.id}/pay">
<label for="vpa">UPI address</label>
<select id="vpa" name="vpa">
<option value="success@razorpay">success@razorpay, is accepted</option>
<option value="failure@razorpay">failure@razorpay, is refused</option>
</select>
<button type="submit">Pay ${amountText(link)}</button>
</form>
`;
}

function amountText({ amount, currency }: PaymentLinkRow): string {
  const format = new Intl.NumberFormat('en-IN', { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return escape(format.format(amount / 10 ** digits));
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
