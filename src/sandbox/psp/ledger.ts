import type { LedgerEntry } from './tables.js';
import type { Change, World } from './world.js';

export function recordMovement(change: Change, movement: Omit<LedgerEntry, 'id' | 'at'>): void {
  const at = new Date(change.world.now()).toISOString();
  change.put('ledger', { id: change.world.nextId('le'), at, ...movement });
}

export function ledgerView(world: World, reference: string | null) {
  const entries = [...world.rows('ledger')].filter(
    (entry) => reference === null || entry.reference === reference,
  );
  return { entries: entries.map(entryView) };
}

function entryView(entry: LedgerEntry) {
  return {
    provider: entry.provider,
    payment: entry.payment,
    reference: entry.reference,
    session_id: entry.sessionId,
    type: entry.type,
    amount: entry.amount,
    currency: entry.currency,
    at: entry.at,
  };
}
