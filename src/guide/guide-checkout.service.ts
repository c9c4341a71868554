import { Injectable } from '@nestjs/common';
import { CatalogStore } from '../catalog/catalog.store.js';
import type { RequestedLine } from '../checkout/cart-changes.js';
import { CheckoutService } from '../checkout/checkout.service.js';
import { CompleteCheckoutService } from '../checkout/complete-checkout.service.js';
import type { Claim } from '../idempotency/claim.js';
import { answerCompleted, answerReselected, answerSummary } from './guide-checkout.answers.js';
import type {
  CompleteGuideCheckoutDto,
  CreateGuideCheckoutDto,
  UpdateGuideCheckoutDto,
} from './guide-checkout.dto.js';
import { toChanges, toComplete, toCreate } from './guide-checkout.request.js';
import { amountOf } from './guide-checkout.view.js';
import { chooseItems, fieldNames, inRequestWords, readItems, type RequestedItems } from './guide-items.js';
import { guideErrors, OutOfStock } from './guide.errors.js';

const maximumAlternatives = 3;
const choosable = ['ready_for_payment', 'not_ready_for_payment'];

/** The use-cases of the checkout for agents of this dialect: finds what they mean, and what they could buy instead. */
@Injectable()
export class GuideCheckoutService {
  constructor(
    private readonly checkout: CheckoutService,
    private readonly completion: CompleteCheckoutService,
    private readonly catalog: CatalogStore,
  ) {}

  async create(agentId: string, dto: CreateGuideCheckoutDto, claim: Claim): Promise<void> {
    const requested = readItems(dto);
    const lines = (await this.choose(requested)) ?? [];
    const answer = answerSummary(201, fieldNames(requested, lines));
    await this.inWords(requested, this.checkout.create(toCreate(agentId, dto, lines), claim, answer));
  }

  async update(agentId: string, sessionId: string, dto: UpdateGuideCheckoutDto, claim: Claim): Promise<void> {
    const requested = readItems({ items: dto.items });
    const lines = await this.choose(requested);
    const answer = answerSummary(200, fieldNames(requested, lines ?? []));
    const changes = toChanges(dto, lines);
    await this.inWords(requested, this.checkout.update({ agentId, sessionId, changes }, claim, answer));
  }

  async complete(
    agentId: string,
    sessionId: string,
    dto: CompleteGuideCheckoutDto,
    claim: Claim,
  ): Promise<void> {
    const noItems = fieldNames(undefined, []);
    const { shipping_option_id } = dto;
    if (shipping_option_id != null && (await this.isAnotherChoice(agentId, sessionId, shipping_option_id))) {
      const changes = toChanges({ shipping_option_id }, undefined);
      const update = { agentId, sessionId, changes };
      return this.inWords(undefined, this.checkout.update(update, claim, answerReselected(noItems)));
    }
    const command = toComplete(agentId, sessionId, dto);
    return this.inWords(undefined, this.completion.complete(command, claim, answerCompleted(noItems)));
  }

  private async choose(requested: RequestedItems | undefined): Promise<RequestedLine[] | undefined> {
    if (!requested) return undefined;
    const ids = requested.items.map(({ product_id }) => product_id);
    return chooseItems(requested, await this.catalog.findSellable(ids));
  }

  /** What was read to the buyer is the option that is selected; only an open checkout can take another one. */
  private async isAnotherChoice(agentId: string, sessionId: string, optionId: string): Promise<boolean> {
    const { session, status } = await this.checkout.get(agentId, sessionId);
    const selected = session.content.quote.selected.some(({ option }) => option.id === optionId);
    return choosable.includes(status) && !selected;
  }

  /** Nothing was changed by what is refused here. */
  private async inWords(requested: RequestedItems | undefined, work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!(error instanceof OutOfStock)) throw inRequestWords(error, requested);
      throw guideErrors.outOfStock(error.message, await this.alternativesTo(error));
    }
  }

  private async alternativesTo({
    itemId,
    currency,
    cartItemIds,
  }: OutOfStock): Promise<Parameters<typeof guideErrors.outOfStock>[1]> {
    const found = await this.catalog.findAlternatives(itemId, {
      currency,
      except: cartItemIds,
      limit: maximumAlternatives,
    });
    return found.map(({ id, name, unitAmount }) => ({ id, name, price: amountOf(unitAmount, currency) }));
  }
}
