import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Control } from './control.js';
import { SimulatorError } from './control-input.js';
import type { Fault, Faults } from './faults.js';
import { type Answer, type Call, json, readBody, send, type Surface } from './http.js';
import type { WebhookEngine } from './webhooks/engine.js';

/** Sends a call to the simulator's own API or to the first surface that claims it, and breaks the wire on request. */
export class Router {
  constructor(
    private readonly control: Control,
    private readonly surfaces: readonly Surface[],
    private readonly faults: Faults,
    private readonly webhooks: WebhookEngine,
  ) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET';
    const [path = '/', query = ''] = (request.url ?? '/').split('?');
    const own = path === '/_sim' || path.startsWith('/_sim/');
    const surface = own
      ? undefined
      : this.surfaces.find((one) => one.claims({ path, headers: request.headers }));
    const fault = surface && this.faults.take(surface.provider, method, path);
    if (fault?.action === 'refuse') {
      request.socket.destroy();
      return;
    }
    try {
      const call: Call = { method, path, query, headers: request.headers, body: await readBody(request) };
      if (fault?.action === 'reset') request.socket.resetAndDestroy();
      else if (own) send(response, await this.webhooks.answering(async () => this.control.answer(call)));
      else if (surface) {
        const answer = await this.webhooks.answering(() => surface.answer(call, fault));
        deliver(response, answer, fault);
      } else send(response, json(404, { error: `The simulator has no ${method} ${path}.` }));
    } catch (error) {
      if (!(error instanceof SimulatorError)) throw error;
      send(response, json(error.status, { error: error.message }));
    }
  }
}

/** What is answered is already in the journal; a fault decides how much of it arrives. */
function deliver(response: ServerResponse, answer: Answer, fault: Fault | undefined): void {
  switch (fault?.action) {
    case 'execute_then_hang':
      // Until the client gives up, or for `ms`.
      if (fault.ms !== undefined) setTimeout(() => response.destroy(), fault.ms).unref();
      return;
    case 'execute_then_reset':
      response.socket?.resetAndDestroy();
      return;
    case 'execute_then_truncate_body':
      response.writeHead(answer.status, {
        ...answer.headers,
        'Content-Length': Buffer.byteLength(answer.body),
      });
      response.write(answer.body.slice(0, answer.body.length / 2), () => response.destroy());
      return;
    case 'execute_then_html_502':
      send(response, badGateway());
      return;
    case 'bad_json':
      send(response, { ...answer, body: answer.body.slice(0, -1) });
      return;
    default:
      send(response, fault?.action === 'status' && fault.status === 502 ? badGateway() : answer);
  }
}

/** A proxy in front of the provider answers with a page. */
function badGateway(): Answer {
  const body =
    '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n';
  return { status: 502, headers: { 'Content-Type': 'text/html' }, body };
}
