import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserIsInstalled, WatchedPage } from '../support/browser.js';
import { startShop, type Shop } from '../support/shop.js';

/* What an answer holds is for the test to say. */
/* eslint-disable-next-line @typescript-eslint/no-explicit-any */
type Answer = any;

/** An element, of which these tests know nothing but this. */
interface Scrollable {
  scrollIntoView(): void;
}

const name = browserIsInstalled
  ? 'the documentation in a browser'
  : 'the documentation in a browser (skipped: there is no Chromium on this machine)';

describe.skipIf(!browserIsInstalled)(name, () => {
  let shop: Shop;
  let watched: WatchedPage;
  beforeAll(async () => {
    shop = await startShop();
    watched = await WatchedPage.open(`${shop.url}/docs`);
    await watched.page.locator('.opblock').first().waitFor();
  });
  afterAll(async () => {
    await watched?.close();
    await shop?.close();
  });

  const at = (selector: string): Locator => watched.page.locator(selector);

  const block = (operationId: string): Locator => at(`.opblock[id$="-${operationId.replace('.', '\\\\.')}"]`);

  async function search(phrase: string): Promise<void> {
    await at('.operation-filter-input').fill(phrase);
  }

  async function authorize(key: string): Promise<void> {
    await at('.auth-wrapper > .authorize').click();
    const dialog = at('.dialog-ux');
    await dialog.locator('.auth-container').waitFor();
    const logout = dialog.locator('button', { hasText: 'Logout' });
    if (await logout.isVisible()) await logout.click();
    await dialog.locator('input').fill(key);
    await dialog.locator('button[type=submit]').click();
    await dialog.getByRole('button', { name: 'Close' }).click();
  }

  /** Opens an operation, fills in what it is told, presses Execute and reads the answer from the page. */
  async function execute(
    operationId: string,
    { values = {}, body }: { values?: Record<string, string>; body?: object } = {},
  ): Promise<{ status: string; body: Answer }> {
    const operation = await open(operationId);
    for (const [parameter, value] of Object.entries(values))
      await operation.locator(`tr[data-param-name="${parameter}"] input`).fill(value);
    if (body) await operation.locator('textarea.body-param__text').fill(JSON.stringify(body));
    const answer = operation.locator('.live-responses-table');
    // What an earlier press was answered must not be taken for the answer to this one.
    if (await answer.isVisible()) await operation.locator('.btn-clear').click();
    await answer.waitFor({ state: 'detached' });
    await operation.getByRole('button', { name: 'Execute' }).click();
    const status = await answer.locator('.response-col_status').nth(1).innerText();
    const text = await answer.locator('.response-col_description pre').first().innerText();
    await operation.locator('.opblock-summary-control').click();
    return { status: status.trim(), body: JSON.parse(text) };
  }

  async function open(operationId: string): Promise<Locator> {
    const operation = block(operationId);
    if (!/is-open/.test((await operation.getAttribute('class')) ?? ''))
      await operation.locator('.opblock-summary-control').click();
    await operation.locator('.opblock-body').waitFor();
    return operation;
  }

  const show = (operationId: string, part = '.live-responses-table'): Promise<void> =>
    block(operationId)
      .locator(part)
      .first()
      .evaluate((element: Scrollable) => element.scrollIntoView());

  it('begins with an overview of groups, the merchant’s first', async () => {
    const groups = await at('.opblock-tag').allInnerTexts();
    expect(groups[0]).toContain('Settings');
    expect(groups.length).toBeGreaterThan(15);
    await watched.picture('docs-overview', { fullPage: true });
    await watched.picture('docs-first-screen');
  });

  it('finds a route by its path, by words of what it does, and by its group', async () => {
    const found = async (phrase: string): Promise<string[]> => {
      await search(phrase);
      return at('.opblock-summary-path').allInnerTexts();
    };
    const plain = (paths: string[]): string[] => paths.map((path) => path.replace(/\u200b/g, ''));
    expect(plain(await found('/rotate-secret'))).toEqual(['/admin/webhook-endpoints/{id}/rotate-secret']);
    expect(plain(await found('money BACK through'))).toEqual(['/admin/orders/{id}/refunds']);
    expect((await found('inventory')).length).toBeGreaterThan(3);
    expect(await found('nothing like that')).toEqual([]);
    await watched.picture('docs-nothing-found');
    await search('');
  });

  it('refuses without a key, and shows the refusal', async () => {
    await search('/admin/settings/{namespace}');
    const { status, body } = await execute('settings.get');
    expect({ status, code: body.code }).toEqual({ status: '401', code: 'unauthorized' });
  });

  it('changes a setting as the merchant who pressed Authorize', async () => {
    await authorize('admin_sandbox_key');
    await open('settings.change');
    await show('settings.change', '.opblock-summary');
    await watched.picture('docs-operation');
    const { status, body } = await execute('settings.change', { body: { sessionTtlMinutes: 33 } });
    expect({ status, ttl: body.values.sessionTtlMinutes, by: body.sources.sessionTtlMinutes }).toEqual({
      status: '200',
      ttl: 33,
      by: 'stored',
    });
    await open('settings.change');
    await show('settings.change');
    await watched.picture('docs-result');
  });

  it('buys as an agent with the examples as they are, as often as Execute is pressed', async () => {
    await authorize('agent_sandbox_key');
    await search('/checkout_sessions');
    const first = await execute('checkoutSessions.create');
    const created = await execute('checkoutSessions.create');
    expect([first.status, created.status]).toEqual(['201', '201']);
    expect(created.body.id).not.toBe(first.body.id);
    const values = { id: created.body.id as string };
    expect((await execute('checkoutSessions.update', { values })).body.totals.at(-1).amount).toBe(15464);
    const { body: completed } = await execute('checkoutSessions.complete', { values });
    expect(completed.status).toBe('completed');
    await open('checkoutSessions.complete');
    await show('checkoutSessions.complete');
    await watched.picture('docs-purchase');
    await authorize('admin_sandbox_key');
    await search('/admin/orders/{id}');
    const { id } = completed.order;
    const { body: order } = await execute('orders.get', { values: { id } });
    expect(order).toMatchObject({ id, merchant_status: 'paid', payment: { captured: 15464 } });
  });

  it('asked no other host for anything, and broke no policy', () => {
    const origins = new Set(watched.requests.map((request) => new URL(request).origin));
    expect(watched.requests.length).toBeGreaterThan(10);
    expect([...origins]).toEqual([shop.url]);
    // The one refusal that was provoked.
    expect(watched.problems.filter((problem) => !problem.includes('401 (Unauthorized)'))).toEqual([]);
  });
});
