import { Injectable, Logger } from '@nestjs/common';
import { type CatalogItem, CatalogStore } from '../catalog/catalog.store.js';
import { within } from '../common/pause.js';
import { Config } from '../config/config.js';
import { PaymentOffersService } from '../payments/payment-offers.service.js';
import type { Preparation } from '../payments/prepared-payments.service.js';
import { SettingsService } from '../settings/settings.service.js';
import { cartTotals, lineAmounts } from './checkout.totals.js';
import { problems } from './checkout.problems.js';
import { checkoutErrors } from './checkout.errors.js';
import {
  type CartLine,
  type Problem,
  type Quote,
  type QuotedLine,
  type QuotedOption,
  type SessionContent,
  totalOf,
} from './session-content.js';
import { ShippingSettings } from './strategies/shipping.settings.js';
import { ShippingStrategy } from './strategies/shipping.strategy.js';
import { TaxSettings } from './strategies/tax.settings.js';
import { TaxStrategy } from './strategies/tax.strategy.js';

export type Cart = Pick<
  SessionContent,
  'lines' | 'fulfillment' | 'choices' | 'discountCodes' | 'handlerNames'
> & {
  sessionId: string;
  currency: string;
  /** The lines as this request put them, before those of one item became one: where an error points to. */
  requested: { itemId: string }[];
  /** True if the choices were made in this request: a wrong one is told. One from before gives way to the cheapest. */
  choicesAreNew: boolean;
  /** False when completing: what a charge has closed meanwhile is not made again for a total that has not changed. */
  mayPrepareAgain: boolean;
  /** The quote before this one: what an item that has left the catalogue was called and cost. */
  previous: Quote | null;
};

const digitalOption: QuotedOption = {
  id: 'digital_download',
  type: 'digital',
  title: 'Digital download',
  amount: 0,
  tax: 0,
};

/** Turns a cart into a quote: true prices, stock, tax, options and totals. One query; strategies may call out. */
@Injectable()
export class CartPricingService {
  private readonly logger = new Logger(CartPricingService.name);

  constructor(
    private readonly catalog: CatalogStore,
    private readonly taxes: TaxStrategy,
    private readonly shipping: ShippingStrategy,
    private readonly offers: PaymentOffersService,
    private readonly settings: SettingsService,
    private readonly config: Config,
  ) {}

  async price(cart: Cart): Promise<{ quote: Quote; now: Date }> {
    const itemIds = cart.lines.map(({ itemId }) => itemId);
    const { items, now } = await this.catalog.findItems(itemIds, cart.currency, cart.sessionId);
    const settings = await this.settingsVersions();
    const found: Problem[] = [];
    const untaxed = cart.lines.map((line, index) =>
      this.quoteLine(cart, line, index, items.get(line.itemId), found),
    );
    if (untaxed.length === 0) found.push(problems.noLines());

    const options = await this.offerOptions(cart, untaxed, now, found);
    const selected = selectOptions(cart, untaxed, options, found);
    const lines = await this.taxLines(cart, untaxed, found);
    const totals = cartTotals({
      lines: lines ?? untaxed,
      selected: selected.map(({ option }) => option),
      destinationKnown:
        lines !== null && (cart.fulfillment?.address !== undefined || !needsShipping(untaxed)),
    });
    cart.discountCodes.forEach((code, index) => found.push(problems.discountCodeInvalid(index, code)));
    const handlers = await this.offerHandlers(cart, totalOf(totals, 'total'), found);
    return {
      quote: { lines: lines ?? untaxed, options, selected, totals, problems: found, handlers, settings },
      now,
    };
  }

  private quoteLine(
    cart: Cart,
    line: CartLine,
    index: number,
    item: CatalogItem | undefined,
    found: Problem[],
  ): QuotedLine {
    const before = cart.previous?.lines.find(({ itemId }) => itemId === line.itemId);
    const asked = cart.requested.findIndex(({ itemId }) => itemId === line.itemId);
    if (!item && !before) throw checkoutErrors.invalidItem(asked);
    if (item && item.unitAmount === null && !before) throw checkoutErrors.notSoldIn(asked, cart.currency);
    const gone = !item?.onSale || item.unitAmount === null;
    if (gone) found.push(problems.outOfStock(index, item?.name ?? before?.name ?? ''));
    else found.push(...stockProblems(line, index, item));
    const unitAmount = item?.unitAmount ?? before?.unitAmount ?? 0;
    const source = item ?? (before as QuotedLine);
    return {
      ...line,
      productId: source.productId,
      name: source.name,
      description: source.description,
      images: source.images,
      variantOptions: source.variantOptions,
      delivery: source.delivery,
      maxPerOrder: source.maxPerOrder,
      available: gone ? 0 : item.available,
      unitAmount,
      ...lineAmounts(unitAmount, line.quantity, 0, 0),
      taxRatePercent: 0,
      taxJurisdiction: null,
    };
  }

  private async offerOptions(
    cart: Cart,
    lines: QuotedLine[],
    now: Date,
    found: Problem[],
  ): Promise<QuotedOption[]> {
    const digital = lines.some(({ delivery }) => delivery === 'digital') ? [digitalOption] : [];
    const shipped = lines.filter(({ delivery }) => delivery === 'shipping');
    if (shipped.length === 0) return digital;
    const destination = cart.fulfillment?.address;
    if (!destination) {
      found.push(problems.addressMissing());
      return digital;
    }
    try {
      const offered = await this.inTime(
        this.shipping.optionsFor({
          lines: shipped,
          currency: cart.currency,
          destination,
          now,
        }),
      );
      if (offered.length === 0) found.push(problems.regionRestricted(destination.country));
      return [...offered, ...digital];
    } catch (error) {
      this.logger.error({ event: 'shipping.strategy_failed', error });
      found.push(problems.shippingUnavailable());
      return digital;
    }
  }

  /** Null if the tax is not to be had: the cart then waits, it is never sold without tax. */
  private async taxLines(cart: Cart, lines: QuotedLine[], found: Problem[]): Promise<QuotedLine[] | null> {
    try {
      const rates = await this.inTime(
        this.taxes.ratesFor({
          lines: lines.map(({ itemId, quantity, base, discount }) => ({
            itemId,
            quantity,
            netAmount: base - discount,
          })),
          currency: cart.currency,
          destination: cart.fulfillment?.address ?? null,
        }),
      );
      return lines.map((line, index) => {
        const rate = rates[index];
        const taxRatePercent = rate?.percent ?? 0;
        return {
          ...line,
          ...lineAmounts(line.unitAmount, line.quantity, line.discount, taxRatePercent),
          taxRatePercent,
          taxJurisdiction: rate?.jurisdiction ?? null,
        };
      });
    } catch (error) {
      this.logger.error({ event: 'tax.strategy_failed', error });
      found.push(problems.taxUnavailable());
      return null;
    }
  }

  /** Read before the prices are: what is priced may be newer, never older than what is noted. */
  private async settingsVersions(): Promise<NonNullable<Quote['settings']>> {
    const [tax, shipping] = await Promise.all([
      this.settings.versionOf(TaxSettings),
      this.settings.versionOf(ShippingSettings),
    ]);
    return { tax, shipping };
  }

  private async inTime<T>(answer: Promise<T>): Promise<T> {
    const late = Symbol('late');
    const result = await within(answer, this.config.timings.strategyTimeoutMs, late);
    if (typeof result === 'symbol') throw new Error('the strategy did not answer in time');
    return result;
  }

  /** A cart that is otherwise ready may have an order or a link prepared at a provider, to be paid against. */
  private async offerHandlers(cart: Cart, amount: number, found: Problem[]): Promise<Quote['handlers']> {
    const { handlers, belowMinimum, unavailable } = await this.offers.offers(
      { amount, currency: cart.currency },
      {
        subjectId: cart.sessionId,
        ready: !found.some(({ blocking }) => blocking),
        mend: cart.mayPrepareAgain,
        before: preparedBefore(cart),
      },
    );
    const known = handlers.filter(({ name }) => cart.handlerNames.includes(name));
    const offered = known.length > 0 ? known : handlers;
    if (offered.length > 0 || amount === 0) return offered;
    if (belowMinimum !== undefined) found.push(problems.belowMinimum(belowMinimum, cart.currency));
    else found.push(unavailable ? problems.handlerUnavailable() : problems.noHandler(cart.currency));
    return [];
  }
}

const preparedBefore = ({ previous, currency }: Cart): Preparation['before'] =>
  previous
    ? previous.handlers.flatMap(({ psp, prepared }) =>
        prepared ? { psp, prepared, total: { amount: totalOf(previous.totals, 'total'), currency } } : [],
      )
    : [];

const needsShipping = (lines: QuotedLine[]): boolean => lines.some(({ delivery }) => delivery === 'shipping');

function stockProblems(
  { quantity }: CartLine,
  index: number,
  { name, available, maxPerOrder }: CatalogItem,
): Problem[] {
  if (available !== null && available === 0) return [problems.outOfStock(index, name)];
  if (available !== null && quantity > available) return [problems.quantityExceeded(index, name, available)];
  if (maxPerOrder !== null && quantity > maxPerOrder)
    return [problems.quantityExceeded(index, name, maxPerOrder)];
  return [];
}

/** One option for everything that ships, one for everything that is downloaded; without a choice the cheapest. */
function selectOptions(
  cart: Cart,
  lines: QuotedLine[],
  options: QuotedOption[],
  found: Problem[],
): Quote['selected'] {
  const shippingKnown = options.some(({ type }) => type === 'shipping') || !needsShipping(lines);
  const knownIds = new Set(lines.flatMap(({ id, itemId }) => [id, itemId]));
  const badChoice = cart.choices.findIndex(
    ({ optionId, itemIds }) =>
      !options.some(({ id }) => id === optionId) || itemIds.some((itemId) => !knownIds.has(itemId)),
  );
  if (badChoice >= 0 && shippingKnown && cart.choicesAreNew) {
    found.push(problems.optionInvalid(badChoice));
    return [];
  }
  return (['shipping', 'digital'] as const).flatMap((type) => {
    const candidates = options.filter((option) => option.type === type).sort((a, b) => a.amount - b.amount);
    const chosen =
      candidates.find(({ id }) => cart.choices.some(({ optionId }) => optionId === id)) ?? candidates[0];
    const itemIds = lines.filter(({ delivery }) => delivery === type).map(({ itemId }) => itemId);
    return chosen && itemIds.length > 0 ? [{ option: chosen, itemIds }] : [];
  });
}
