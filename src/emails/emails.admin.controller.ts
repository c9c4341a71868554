import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AgentId } from '../access/caller.decorator.js';
import { RequireScope } from '../access/scopes.js';
import { apiErrors } from '../common/api-error.js';
import { ApiErrors } from '../common/http/api-docs.js';
import { type Page, parsePageRequest, toPage } from '../common/paging.js';
import type { Claim } from '../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../idempotency/idempotent.decorator.js';
import { type EmailMessage, emailStates } from './email-message.entity.js';
import { type EmailFilter, EmailsService } from './emails.service.js';

const emailExample = {
  id: 'eml_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  order_id: 'ord_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  kind: 'order_confirmation',
  subject_id: 'ord_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  state: 'dead',
  attempts: 1,
  last_error: 'recipient_refused 550 5.1.1',
  created_at: '2026-11-22T12:00:00.000Z',
  sent_at: null,
  next_at: null,
};

/** Which e-mails buyers were sent, and what became of them. Neither addresses nor texts are kept. */
@ApiTags('Admin: e-mails')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/emails')
export class EmailsAdminController {
  constructor(private readonly emails: EmailsService) {}

  @Get()
  @ApiOperation({ summary: 'List e-mails to buyers, newest first' })
  @ApiQuery({ name: 'limit', required: false, example: 20 })
  @ApiQuery({ name: 'cursor', required: false, description: '`next_cursor` of the page before' })
  @ApiQuery({ name: 'state', required: false, enum: emailStates })
  @ApiQuery({ name: 'order_id', required: false, example: emailExample.order_id })
  @ApiResponse({ status: 200, schema: { example: { data: [emailExample], next_cursor: null } } })
  @ApiErrors(400, 401, 403, 429, 503)
  async list(@Query() query: Record<string, unknown>): Promise<Page<object>> {
    const page = parsePageRequest(query);
    return toPage(await this.emails.list(page, filterOf(query)), page.limit, view);
  }

  @Post(':id/resend')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Send an e-mail again, whatever became of it',
    description: 'It is made anew from the order, and goes to the address that the order has now.',
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'A repeated request is answered the same',
  })
  @ApiResponse({
    status: 200,
    schema: { example: { ...emailExample, state: 'pending', attempts: 0, last_error: null } },
  })
  @ApiErrors(401, 403, 404, 409, 422, 429, 503)
  async resend(
    @Param('id') id: string,
    @AgentId() actor: string,
    @CurrentClaim() claim: Claim,
  ): Promise<void> {
    await this.emails.resend(id, actor, claim, (email) => ({ status: 200, body: view(email) }));
  }
}

function filterOf({ state, order_id: orderId }: Record<string, unknown>): EmailFilter {
  const known = emailStates.find((one) => one === state);
  if (state !== undefined && !known)
    throw apiErrors.invalid('$.state', `state must be one of ${emailStates.join(', ')}.`);
  if (orderId !== undefined && (typeof orderId !== 'string' || orderId.includes('\0')))
    throw apiErrors.invalid('$.order_id', 'order_id must be given once, as text.');
  return { ...(known && { state: known }), ...(orderId !== undefined && { orderId }) };
}

const view = (email: EmailMessage): { id: string } & Record<string, unknown> => ({
  id: email.id,
  order_id: email.orderId,
  kind: email.kind,
  subject_id: email.subjectId,
  state: email.state,
  attempts: email.attempts,
  last_error: email.lastError,
  created_at: email.createdAt,
  sent_at: email.sentAt,
  next_at: email.nextAt,
});
