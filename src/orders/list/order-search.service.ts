import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { ProviderRegistry } from '../../payments/providers/provider-registry.js';
import { SettingsService } from '../../settings/settings.service.js';
import { OrdersSettings } from '../orders.settings.js';
import { numberOf, type OrderFilter, parseOrderFilter } from './order.filter.js';

/** As the index `shop_order_email_idx` has it. */
const email = `lower(coalesce(buyer->>'email', destination->>'email'))`;

/** Finds orders by what people know of them. Every filter has an index; several are one query. */
@Injectable()
export class OrderSearchService {
  constructor(
    private readonly db: Database,
    private readonly settings: SettingsService,
    private readonly providers: ProviderRegistry,
  ) {}

  async filterOf(query: Record<string, unknown>): Promise<OrderFilter> {
    const { statuses } = await this.settings.get(OrdersSettings);
    return parseOrderFilter(query, statuses);
  }

  /** The ids of `count` orders, the newest first, from those before `afterId` on. */
  async find(filter: OrderFilter, count: number, afterId?: string): Promise<string[]> {
    const parameters: unknown[] = [];
    const $ = (value: unknown): string => `$${parameters.push(value)}`;
    const conditions = [
      ...this.conditions(filter, $),
      ...(afterId === undefined ? [] : [`id < ${$(afterId)}`]),
    ];
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    const found = await this.db.query<{ id: string }>(
      `SELECT id FROM shop_order ${where} ORDER BY id DESC LIMIT ${$(count)}`,
      parameters,
    );
    return found.map(({ id }) => id);
  }

  private conditions(filter: OrderFilter, $: (value: unknown) => string): string[] {
    const { status, needsReview } = filter;
    const equal = [
      ['merchant_status', filter.merchantStatus],
      ['agent_id', filter.agentId],
      ['currency', filter.currency],
      ['number', filter.number],
    ].flatMap(([column, value]) => (value === undefined ? [] : [`${column} = ${$(value)}`]));
    const among = status && `merchant_status = ANY(${$(status.among)})`;
    const others = status?.others ? ` OR merchant_status <> ALL(${$(status.known)})` : '';
    return [
      ...equal,
      ...(among ? [`(${among}${others})`] : []),
      ...(needsReview === undefined ? [] : [needsReview ? 'needs_review' : 'NOT needs_review']),
      ...(filter.createdFrom ? [`created_at >= ${$(filter.createdFrom)}`] : []),
      ...(filter.createdTo ? [`created_at <= ${$(filter.createdTo)}`] : []),
      ...(filter.email === undefined ? [] : [`${email} = lower(${$(filter.email)}::text)`]),
      ...(filter.paymentReference === undefined ? [] : [this.paidBy($(filter.paymentReference), $)]),
      ...(filter.q === undefined ? [] : [this.known(filter.q, $)]),
    ];
  }

  private paidBy(reference: string, $: (value: unknown) => string): string {
    const codes = this.providers.all().map(({ code }) => code);
    return `payment_id IN (
      SELECT id FROM payment_attempt WHERE provider = ANY(${$(codes)}) AND reference = ${reference})`;
  }

  /** Each by its own index, instead of a condition of many parts that none fits. */
  private known(q: string, $: (value: unknown) => string): string {
    const [text, number] = [$(q), numberOf(q)];
    const ways = [
      `id = ${text}`,
      `session_id = ${text}`,
      `${email} = lower(${text}::text)`,
      this.paidBy(text, $),
      ...(number === undefined ? [] : [`number = ${$(number)}`]),
    ];
    return `id IN (${ways.map((way) => `SELECT id FROM shop_order WHERE ${way}`).join(' UNION ')})`;
  }
}
