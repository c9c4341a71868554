import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';
import type { SettingProblem } from '../settings/namespace.js';

/** The answer of a `complete` is kept for a week, and tells of the buyer as long. */
const leastOfPeople = 8;
const ofPeople = `, at least ${leastOfPeople}`;

const Days = (description: string, limits = ''): PropertyDecorator =>
  applyDecorators(
    ApiProperty({ description: `${description}. In days${limits}; 0: for good` }),
    IsInt(),
    Min(0),
    Max(36_500),
  );

/**
 * How long what is no longer needed is kept. For good stay payments, orders, the audit log, versions of settings, that
 * an e-mail was sent (it holds no address) and that a provider's webhook came (so that a late duplicate is one).
 * Stored replies live as long as their idempotency keys.
 */
export class RetentionSettings {
  static readonly namespace = 'retention';
  static defaults = (): RetentionSettings =>
    Object.assign(new RetentionSettings(), {
      abandonedCheckouts: 90,
      buyerDetails: 0,
      inventoryMovements: 365,
      providerWebhookBodies: 30,
      webhookDeliveries: 90,
    });

  static check = (values: RetentionSettings): SettingProblem[] =>
    (['abandonedCheckouts', 'buyerDetails'] as const)
      .filter((member) => values[member] > 0 && values[member] < leastOfPeople)
      .map((member) => ({
        param: `$.${member}`,
        message: `${member} must be 0 or at least ${leastOfPeople}: stored answers that tell of the buyer are kept for a week`,
      }));

  @Days(
    'Checkout sessions since they ended without an order; of those with a payment only personal data goes',
    ofPeople,
  )
  abandonedCheckouts: number;

  @Days(
    'Who bought and where it goes, since the last change of the order, shipped or not; what was bought and paid stays',
    ofPeople,
  )
  buyerDetails: number;

  @Days('Movements of stock one by one; older ones of an item are added up into one')
  inventoryMovements: number;

  @Days('The text of webhooks of payment providers')
  providerWebhookBodies: number;

  @Days('What webhook endpoints were told of an order, since the last of it was delivered or given up')
  webhookDeliveries: number;
}
