import type { Config } from './config/config.js';
import { sandboxSecrets } from './config/config.js';

/** What a person reads when the server is up: where everything is, and in the sandbox a line that buys something. */
export function welcome({ sandbox, publicUrl, adminPort, simulator, role, bootstrapKeys }: Config): string {
  const office = adminPort === undefined ? publicUrl : `http://localhost:${adminPort}`;
  const places = [
    ['Shop', publicUrl],
    ...(adminPort === undefined ? [] : [['Admin', `${office} (/admin, /docs and /metrics, nowhere else)`]]),
    ...(sandbox ? [['API docs', `${office}/docs`]] : []),
    ['Health', `${publicUrl}/health/ready`],
    ...(simulator.runHere
      ? [['Payments', `http://127.0.0.1:${simulator.port}/_sim/ledger (simulated)`]]
      : []),
  ];
  const lines = [
    `Storekeeper is ready (${role}${sandbox ? ', sandbox' : ''}).`,
    ...places.map(([name, place]) => `  ${String(name).padEnd(9)} ${place}`),
  ];
  if (!sandbox || role === 'worker') return lines.join('\n');
  const key = bootstrapKeys.agent === sandboxSecrets.agentKey ? sandboxSecrets.agentKey : '$AGENT_API_KEY';
  return [
    ...lines,
    '',
    'Buy a field guide (one line):',
    '',
    buyingLine(publicUrl, key),
    '',
    'Whole purchases in dollars and in rupees, step by step: npm run demo. Stop with Ctrl-C.',
  ].join('\n');
}

/** Creates a session and completes it, with nothing but curl and sed. */
function buyingLine(url: string, key: string): string {
  const headers = `-H "Authorization: Bearer ${key}" -H 'API-Version: 2026-04-17' -H 'Content-Type: application/json'`;
  const create = JSON.stringify({
    line_items: [{ id: 'item_field_guide' }],
    currency: 'usd',
    capabilities: {},
  });
  const pay = JSON.stringify({
    payment_data: {
      handler_id: 'card_tokenized',
      instrument: { type: 'card', credential: { type: 'spt', token: 'tok_visa' } },
    },
  });
  return (
    `ID=$(curl -s ${url}/checkout_sessions ${headers} -H "Idempotency-Key: create-$$-$RANDOM" -d '${create}' | sed 's/.*"id":"\\(cs_[^"]*\\)".*/\\1/') && ` +
    `curl -s ${url}/checkout_sessions/$ID/complete ${headers} -H "Idempotency-Key: complete-$ID" -d '${pay}'`
  );
}
