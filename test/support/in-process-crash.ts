import type { Type } from '@nestjs/common';
import { OrderChangesService } from '../../src/orders/order-changes.service.js';
import { OutboxService } from '../../src/outbox/outbox.service.js';
import { AttemptStore } from '../../src/payments/attempt.store.js';
import { ChargingService } from '../../src/payments/charging.service.js';
import { OperationStore } from '../../src/payments/operation.store.js';
import { OperationsService } from '../../src/payments/operations.service.js';
import type { Server } from '../../src/server.js';
import type { Random } from './random.js';

const points: [Type, string][] = [
  [ChargingService, 'act'],
  [OperationsService, 'act'],
  [AttemptStore, 'insert'],
  [AttemptStore, 'insertFound'],
  [AttemptStore, 'transition'],
  [OperationStore, 'insert'],
  [OperationStore, 'move'],
  [OrderChangesService, 'apply'],
  [OutboxService, 'append'],
];

/** What a line throws at which the work was to stop. */
export class CutOff extends Error {}

/**
 * Makes a server stop in the middle of what it does, at random: before or after one of the lines that matter, as
 * if that call had been all it still got done. What it had sent to the provider stays sent.
 */
export class InProcessCrash {
  private armed = 0;

  constructor(server: Server, dice: Random) {
    for (const [type, method] of points) {
      const instance: Record<string, (...args: unknown[]) => Promise<unknown>> = server.app.get(type);
      const original = instance[method]?.bind(instance);
      if (!original) throw new Error(`${type.name} has no ${method}; the test is out of date`);
      instance[method] = async (...args) => {
        if (!this.strikes(dice)) return original(...args);
        if (dice.below(2) === 0) throw new CutOff(`before ${method}`);
        await original(...args);
        throw new CutOff(`after ${method}`);
      };
    }
  }

  /** The next few of those lines may be the last ones of whoever runs them. */
  arm(times: number): void {
    this.armed = times;
  }

  disarm(): void {
    this.armed = 0;
  }

  private strikes(dice: Random): boolean {
    if (this.armed === 0 || dice.below(3) > 0) return false;
    this.armed -= 1;
    return true;
  }
}
