import { isRecord, parseJson, SimulatorError } from '../control-input.js';
import { parseForm } from '../form.js';
import { type Answer, type Call, json } from '../http.js';
import type { World } from '../world.js';
import { amountText } from './amounts.js';
import { afterChallenge } from './charging.js';
import { operationOn } from './endpoint.js';
import { commitWithEvents } from './events.js';
import type { PaymentIntentRow } from './tables.js';

/** `/_sim/3ds/:pi`: the page of the buyer's bank, for a person or, by JSON, for a test. */
export function challengePage(world: World, call: Call): Answer {
  const intent = world.find('stripe_payment_intents', call.path.slice('/_sim/3ds/'.length));
  if (!intent || !['GET', 'POST'].includes(call.method))
    throw new SimulatorError(`There is no ${call.path}.`, 404);
  if (call.method === 'GET') {
    const open = intent.status === 'requires_action';
    return html(open ? question(intent) : `<p>This payment is ${intent.status}.</p>`);
  }
  if (intent.status !== 'requires_action') {
    throw new SimulatorError(`${intent.id} is ${intent.status} and waits for nobody.`, 409);
  }
  const byForm = !call.body.trimStart().startsWith('{');
  const outcome = outcomeIn(call.body, byForm);
  const change = world.begin();
  const row = afterChallenge(operationOn(change), intent, outcome === 'authenticated');
  commitWithEvents(change);
  if (!byForm) return json(200, { id: row.id, status: row.status });
  return row.returnUrl ? back(row, row.returnUrl) : html(`<p>This payment is ${row.status}.</p>`);
}

function outcomeIn(body: string, byForm: boolean): 'authenticated' | 'failed' {
  const input = byForm ? parseForm(body) : parseJson(body);
  const outcome = isRecord(input) ? input.outcome : undefined;
  if (outcome === 'authenticated' || outcome === 'failed') return outcome;
  throw new SimulatorError('outcome must be one of authenticated, failed.');
}

/** docs.stripe.com/payments/payment-intents/verifying-status: what the buyer comes back with. */
function back(row: PaymentIntentRow, returnUrl: string): Answer {
  const url = new URL(returnUrl);
  url.searchParams.set('payment_intent', row.id);
  url.searchParams.set('payment_intent_client_secret', `${row.id}_secret_sandbox`);
  url.searchParams.set('redirect_status', row.lastError ? 'failed' : 'succeeded');
  return { status: 303, headers: { Location: url.href }, body: '' };
}

function question(intent: PaymentIntentRow): string {
  return `<p>Your bank asks: is this payment of <strong>${amountText(intent.amount, intent.currency)}</strong> yours?</p>
<form method="post">
<button name="outcome" value="authenticated">Yes, complete the payment</button>
<button name="outcome" value="failed">No, refuse it</button>
</form>`;
}

function html(content: string): Answer {
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>3-D Secure (simulated)</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem}button{font:inherit;padding:.6rem 1rem;margin:.25rem .5rem .25rem 0}</style>
</head>
<body>
<main>
<h1>3-D Secure (simulated)</h1>
${content}
</main>
</body>
</html>
`;
  return {
    status: 200,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
    },
    body,
  };
}
