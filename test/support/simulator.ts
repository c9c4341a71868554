/** The simulator's control API, as tests use it. */
export interface LedgerEntry {
  payment: string;
  reference: string;
  session_id: string;
  type: 'capture' | 'refund' | 'dispute';
  amount: number;
  currency: string;
}

export interface Fault {
  match: { provider?: string; method?: string; path?: string; times?: number; nth?: number };
  action: string;
  ms?: number;
  status?: number;
}

export interface WebhookMode {
  mode: string;
  provider?: 'stripe' | 'razorpay';
  /** A regular expression over the event type. */
  type?: string;
  n?: number;
  ms?: number;
  times?: number;
}

export interface SimulatedEvent {
  id: string;
  provider: string;
  type: string;
  /** The payment it is about. */
  subject: string;
  state: 'pending' | 'held' | 'dropped' | 'delivered' | 'failed' | 'unsent';
  attempts: number;
}

export interface SimulatedDelivery {
  event: string;
  type: string;
  url: string;
  status: number | null;
  error: string | null;
  at: string;
}

export class SimulatorClient {
  constructor(readonly url: string) {}

  async ledger(sessionId?: string): Promise<LedgerEntry[]> {
    const { entries } = (await (await fetch(`${this.url}/_sim/ledger`)).json()) as { entries: LedgerEntry[] };
    return sessionId === undefined ? entries : entries.filter(({ session_id }) => session_id === sessionId);
  }

  async inject(fault: Fault): Promise<void> {
    await this.post('/_sim/faults', fault);
  }

  async clearFaults(): Promise<void> {
    await fetch(`${this.url}/_sim/faults`, { method: 'DELETE' });
  }

  async advanceClock(seconds: number): Promise<void> {
    await this.post('/_sim/clock', { advance_seconds: seconds });
  }

  async registerWebhook(hook: {
    provider: string;
    url: string;
    secrets?: string[];
    events?: string[];
  }): Promise<void> {
    await this.post('/_sim/webhooks', hook);
  }

  async webhookMode(mode: WebhookMode): Promise<void> {
    await this.post('/_sim/webhooks/mode', mode);
  }

  async clearWebhookModes(): Promise<void> {
    await fetch(`${this.url}/_sim/webhooks/mode`, { method: 'DELETE' });
  }

  async events(filter: { provider?: string; type?: string; state?: string } = {}): Promise<SimulatedEvent[]> {
    const answer = await this.get<{ events: SimulatedEvent[] }>('/_sim/webhooks/events', filter);
    return answer.events;
  }

  async deliveries(filter: { provider?: string; event?: string } = {}): Promise<SimulatedDelivery[]> {
    const answer = await this.get<{ deliveries: SimulatedDelivery[] }>('/_sim/webhooks/deliveries', filter);
    return answer.deliveries;
  }

  /** In the given order; all that are held, if none are named. */
  async release(ids?: string[]): Promise<string[]> {
    return ((await this.post('/_sim/webhooks/release', { ids })) as { released: string[] }).released;
  }

  /** Sends again what was sent or dropped, under the same event ids. */
  async replay(ids?: string[]): Promise<string[]> {
    return ((await this.post('/_sim/webhooks/replay', { ids })) as { replayed: string[] }).replayed;
  }

  /** Makes up an event that nothing happened for. Answers its id. */
  async sendEvent(provider: 'stripe' | 'razorpay', type: string, object: object): Promise<string> {
    return ((await this.post('/_sim/webhooks/send', { provider, type, object })) as { id: string }).id;
  }

  async dispute(dispute: {
    payment: string;
    reason?: string;
    outcome?: string;
    amount?: number;
  }): Promise<{ id: string; status: string }> {
    return (await this.post('/_sim/disputes', dispute)) as { id: string; status: string };
  }

  async closeDispute(id: string, outcome: string): Promise<void> {
    await this.post(`/_sim/disputes/${id}/close`, { outcome });
  }

  async get<T>(path: string, query: Record<string, string> = {}): Promise<T> {
    const response = await fetch(`${this.url}${path}?${new URLSearchParams(query).toString()}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async post(path: string, body: object): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}
