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
