/**
 * Every lease, deadline and interval of the process, in milliseconds. They are one object because they
 * depend on each other: a lease must outlive the longest work done under it.
 */
export interface Timings {
  /** How long a claimed idempotency key stays claimed without a heartbeat. */
  claimLeaseMs: number;
  /** After this a request that still runs no longer keeps its key. */
  claimMaximumMs: number;
  /** Exclusive right to call the payment provider for one attempt; longer than `chargeDeadlineMs`. */
  attemptLeaseMs: number;
  /** Absolute end of one charge, over all retries. */
  chargeDeadlineMs: number;
  /** One HTTP exchange with the payment provider. */
  providerTimeoutMs: number;
  /** When the agent is answered although the charge still runs. */
  completeAnswerMs: number;
  /** A tax or shipping strategy that takes longer has failed. */
  strategyTimeoutMs: number;
  /** How often a resuming call looks at an attempt that somebody else is working on. */
  attemptPollMs: number;
  /** A live attempt younger than this is left to the call that made it. */
  reconcileAfterMs: number;
  /** After this the provider may have forgotten our idempotency key, so a charge is never sent again. */
  resendLimitMs: number;
  /** So long after its first send a charge that no list shows and that the provider refuses was never made. */
  believeRefusalMs: number;
  reconcileEveryMs: number;
  /** How often refunds, captures and releases that are due are taken further. */
  operationsEveryMs: number;
  closeLinksEveryMs: number;
  /** How often the providers' own lists are compared with ours. */
  compareEveryMs: number;
  /** A comparison begins this much before the one before ended, since lists and clocks may lag. */
  compareOverlapMs: number;
  /** So old a payment of ours that no row knows is an orphan: the backup that was restored is older. */
  orphanAfterMs: number;
  expireEveryMs: number;
  reapEveryMs: number;
  /** How often provider webhooks are looked for that nobody was woken for, or whose time to be tried again has come. */
  inboxEveryMs: number;
  /** Exclusive right to work on a provider's webhook; longer than `inboxDeadlineMs`. */
  inboxLeaseMs: number;
  /** Absolute end of the work on one provider webhook. */
  inboxDeadlineMs: number;
  /** How often the queue is asked whether it still knows the schedules of all of these. */
  schedulesEveryMs: number;
  /** How often events of orders are looked for that nobody was woken for. */
  relayEveryMs: number;
  /** How often outgoing webhooks are looked for whose time has come. */
  deliverEveryMs: number;
  /** Absolute end of one attempt to deliver a webhook: from looking up the name to the end of the answer. */
  deliverTimeoutMs: number;
  /** Exclusive right to send a webhook; longer than `deliverTimeoutMs`. */
  deliverLeaseMs: number;
  /** How long a second of the retry schedule of webhooks is; shorter where tests cannot wait. */
  deliverSecondMs: number;
  /** So long after a webhook was given up the later ones of its order wait, for somebody to replay it. */
  deliverAfterDeadMs: number;
  /** An endpoint that has only failed for so long is disabled. */
  endpointFailingMs: number;
  /** How often e-mails are looked for whose time has come. */
  emailsEveryMs: number;
  /** Absolute end of one attempt to hand an e-mail to the mail server. */
  emailTimeoutMs: number;
  /** Exclusive right to send an e-mail; longer than `emailTimeoutMs`. */
  emailLeaseMs: number;
  /** How long a second of the retry schedule of e-mails is; shorter where tests cannot wait. */
  emailSecondMs: number;
  /** How often stock, holds and ledger are compared. */
  inventoryCheckEveryMs: number;
  /** How often it is looked for what was kept for long enough (settings `retention`). */
  retentionEveryMs: number;
  /** How long a client may take to send the headers of a request; looked after every five seconds. */
  headersTimeoutMs: number;
  /** How long it may take to send the whole request. */
  requestTimeoutMs: number;
  /** A reader of an export that takes nothing for so long is cut off: what waits for it is kept in memory. */
  stalledReaderMs: number;
  /** How far behind the database a process may be about the settings: two seconds, and what it takes to notice. */
  settingsCacheMs: number;
  /** The same about a key and its agent. */
  keyCacheMs: number;
}

export const defaultTimings: Timings = {
  claimLeaseMs: 30_000,
  claimMaximumMs: 90_000,
  attemptLeaseMs: 60_000,
  chargeDeadlineMs: 25_000,
  providerTimeoutMs: 10_000,
  completeAnswerMs: 20_000,
  strategyTimeoutMs: 5_000,
  attemptPollMs: 200,
  reconcileAfterMs: 120_000,
  resendLimitMs: 23 * 3_600_000,
  believeRefusalMs: 10 * 60_000,
  reconcileEveryMs: 60_000,
  operationsEveryMs: 10_000,
  closeLinksEveryMs: 30_000,
  compareEveryMs: 3_600_000,
  compareOverlapMs: 15 * 60_000,
  orphanAfterMs: 10 * 60_000,
  expireEveryMs: 10_000,
  reapEveryMs: 60_000,
  inboxEveryMs: 5_000,
  inboxLeaseMs: 60_000,
  inboxDeadlineMs: 25_000,
  schedulesEveryMs: 15_000,
  relayEveryMs: 2_000,
  deliverEveryMs: 1_000,
  deliverTimeoutMs: 10_000,
  deliverLeaseMs: 30_000,
  deliverSecondMs: 1_000,
  deliverAfterDeadMs: 5 * 60_000,
  endpointFailingMs: 72 * 3_600_000,
  emailsEveryMs: 10_000,
  emailTimeoutMs: 25_000,
  emailLeaseMs: 60_000,
  emailSecondMs: 1_000,
  inventoryCheckEveryMs: 24 * 3_600_000,
  retentionEveryMs: 24 * 3_600_000,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 60_000,
  stalledReaderMs: 60_000,
  settingsCacheMs: 1_500,
  keyCacheMs: 1_500,
};

/** Parses `SANDBOX_TIMINGS`: a JSON object that overrides some of the defaults. */
export function parseTimings(json: string): Timings {
  let overrides: unknown;
  try {
    overrides = JSON.parse(json);
  } catch {
    throw new Error('is not JSON');
  }
  if (typeof overrides !== 'object' || overrides === null || Array.isArray(overrides)) {
    throw new Error('must be a JSON object');
  }
  const timings: Timings = { ...defaultTimings };
  for (const [name, value] of Object.entries(overrides)) {
    if (!Object.hasOwn(defaultTimings, name)) {
      throw new Error(`knows no "${name}"; it takes ${Object.keys(defaultTimings).join(', ')}`);
    }
    if (!Number.isInteger(value) || (value as number) < 1) {
      throw new Error(`wants a positive number of milliseconds for "${name}"`);
    }
    timings[name as keyof Timings] = value as number;
  }
  if (timings.attemptLeaseMs <= timings.chargeDeadlineMs) {
    throw new Error('wants attemptLeaseMs above chargeDeadlineMs, or two processes could charge at once');
  }
  if (timings.inboxLeaseMs <= timings.inboxDeadlineMs) {
    throw new Error('wants inboxLeaseMs above inboxDeadlineMs, or two processes work on one webhook');
  }
  if (timings.deliverLeaseMs <= timings.deliverTimeoutMs) {
    throw new Error('wants deliverLeaseMs above deliverTimeoutMs, or two processes send one webhook at once');
  }
  if (timings.emailLeaseMs <= timings.emailTimeoutMs) {
    throw new Error('wants emailLeaseMs above emailTimeoutMs, or two processes send one e-mail at once');
  }
  return timings;
}
