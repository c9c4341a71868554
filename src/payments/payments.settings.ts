import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsObject } from 'class-validator';
import { isCurrency } from '../common/money.js';
import { pathStep, type SettingProblem } from '../settings/namespace.js';

export class PaymentsSettings {
  static readonly namespace = 'payments';
  static defaults(): PaymentsSettings {
    return Object.assign(new PaymentsSettings(), {
      captureMethod: 'automatic',
      orphanPolicy: 'report',
      providersByCurrency: { usd: ['stripe'], inr: ['razorpay'] },
    });
  }

  static check({ providersByCurrency }: PaymentsSettings): SettingProblem[] {
    return Object.entries(providersByCurrency ?? {}).flatMap(([currency, codes]) => {
      const param = pathStep('$.providersByCurrency', currency);
      if (!isCurrency(currency)) return [{ param, message: 'is not an ISO 4217 currency in small letters' }];
      if (!isListOfTexts(codes)) return [{ param, message: 'must be a list of provider codes' }];
      return codes.flatMap((code, index) =>
        codes.indexOf(code) < index ? [{ param: pathStep(param, index), message: 'stands here twice' }] : [],
      );
    });
  }

  @ApiProperty({
    description:
      '`automatic` takes the money at checkout, `manual` only authorizes it; the merchant captures when shipping',
  })
  @IsIn(['automatic', 'manual'])
  captureMethod: 'automatic' | 'manual';

  @ApiProperty({
    description:
      'What to do with a payment of ours that no row knows, as after restoring an older backup: `report` only tells ' +
      'the merchant, `refund` sends the money back too',
  })
  @IsIn(['report', 'refund'])
  orphanPolicy: 'report' | 'refund';

  @ApiProperty({
    description: 'Codes of the providers offered for a currency, the preferred one first',
    type: 'object',
    additionalProperties: { type: 'array', items: { type: 'string' }, uniqueItems: true },
    example: { usd: ['stripe'], inr: ['razorpay'] },
  })
  @IsObject()
  providersByCurrency: Record<string, string[]>;
}

const isListOfTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');
