import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../config/config.js';
import { RazorpaySettings } from '../payments/providers/razorpay/razorpay.settings.js';
import { StripeSettings } from '../payments/providers/stripe/stripe.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import { localAddress } from './local-address.js';

const timeoutMs = 2_000;

/** What a merchant does in the dashboard of a real provider: tells the simulator where webhooks go. */
@Injectable()
export class WebhookRegistrationService {
  private readonly logger = new Logger(WebhookRegistrationService.name);

  constructor(
    private readonly config: Config,
    private readonly settings: SettingsService,
  ) {}

  /** Of several processes the one that started last gets the webhooks. */
  async register(): Promise<void> {
    const { stripe, razorpay, role } = this.config;
    if (role === 'worker') return;
    const [atStripe, atRazorpay] = await Promise.all([
      this.settings.get(StripeSettings),
      this.settings.get(RazorpaySettings),
    ]);
    await Promise.all([
      this.registerAt(stripe.apiBase, 'stripe', secretsOf(atStripe)),
      this.registerAt(razorpay.apiBase, 'razorpay', secretsOf(atRazorpay)),
    ]);
  }

  /** A provider's address that knows no such call is none of ours to teach. */
  private async registerAt(apiBase: string | undefined, provider: string, secrets: string[]): Promise<void> {
    const url = `${localAddress(this.config)}/webhooks/${provider}`;
    try {
      const response = await fetch(`${apiBase}/_sim/webhooks`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ provider, url, secrets: secrets.filter(Boolean) }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (!response.ok) this.logger.debug(`${apiBase} takes no webhook address: ${response.status}`);
    } catch (error) {
      this.logger.warn(`${apiBase} was not told where webhooks go: ${(error as Error).message}`);
    }
  }
}

const secretsOf = (settings: { webhookSecret?: string; webhookSecretPrevious?: string }): string[] =>
  [settings.webhookSecret, settings.webhookSecretPrevious].filter((secret) => secret !== undefined);
