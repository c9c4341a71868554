import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { AgentId } from '../access/caller.decorator.js';
import { RequireScope } from '../access/scopes.js';
import { apiErrors } from '../common/api-error.js';
import { ApiAnswer, ApiErrors, ApiId, ApiOptionalKey, ApiPage } from '../common/http/api-docs.js';
import { count, instant, orNull, shape, text, word } from '../common/http/schema.js';
import { type Page, parsePageRequest, toPage } from '../common/paging.js';
import type { Claim } from '../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../idempotency/idempotent.decorator.js';
import { emailKinds, type EmailMessage, emailStates } from './email-message.entity.js';
import { type EmailFilter, EmailsService } from './emails.service.js';

const emailSchema = shape('Email', {
  id: text('Id of the e-mail'),
  order_id: text('The order it is about'),
  kind: word('What it tells', emailKinds),
  subject_id: text('What it is about: the order, or the fulfillment that left'),
  state: word('`dead`: given up; `skipped`: there was nobody to write to', emailStates),
  attempts: count('How often it was tried'),
  last_error: orNull(text('What kind of failure the last one was, or why it was skipped')),
  created_at: instant('When it was to be sent'),
  sent_at: orNull(instant('When the mail server took it')),
  next_at: orNull(instant('When it is tried next; null if it has ended')),
});

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
@ApiTags('E-mails')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/emails')
export class EmailsAdminController {
  constructor(private readonly emails: EmailsService) {}

  @Get()
  @ApiOperation({ summary: 'List e-mails to buyers, newest first' })
  @ApiQuery({ name: 'state', required: false, enum: emailStates, description: 'In this state' })
  @ApiQuery({ name: 'order_id', required: false, description: 'About this order' })
  @ApiPage('The e-mails', emailSchema, emailExample)
  @ApiErrors(400, 401, 403, 429, 503)
  async list(@Query() query: Record<string, unknown>): Promise<Page<object>> {
    const page = parsePageRequest(query);
    return toPage(await this.emails.list(page, filterOf(query)), page.limit, view);
  }

  @Post(':id/resend')
  @ApiId('Id of the e-mail')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Send an e-mail again, whatever became of it',
    description: 'It is made anew from the order, and goes to the address that the order has now.',
  })
  @ApiOptionalKey()
  @ApiAnswer(200, 'The e-mail, to be sent', emailSchema, {
    ...emailExample,
    state: 'pending',
    attempts: 0,
    last_error: null,
  })
  @ApiErrors(400, 401, 403, 404, 409, 422, 429, 503)
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
