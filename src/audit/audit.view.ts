import type { ChainedEntry } from './audit-chain.js';

/** An entry as a line of the export, and, with the name of the agent if it was one, as it is listed. */
export const auditEntryView = (
  { requestId, hash, before, after, ...entry }: ChainedEntry,
  actorName: string | null = null,
) => ({
  id: entry.id,
  position: entry.position,
  at: entry.at,
  actor: entry.actor,
  ...(actorName !== null && { actor_name: actorName }),
  action: entry.action,
  subject: entry.subject,
  request_id: requestId,
  before,
  after,
  hash,
});

export type AuditEntryView = ReturnType<typeof auditEntryView>;

/** The entry of a line of the export; undefined if it is none. */
export function entryOfLine(line: string): ChainedEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { request_id: requestId, ...entry } = value as AuditEntryView;
  const texts = [entry.id, entry.at, entry.actor, entry.action, entry.subject, entry.hash];
  const isEntry = texts.every((text) => typeof text === 'string') && Number.isSafeInteger(entry.position);
  return isEntry ? { ...entry, requestId } : undefined;
}
