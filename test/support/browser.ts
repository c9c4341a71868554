import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const executablePath = findChromium();
export const browserIsInstalled = executablePath !== undefined;
if (!browserIsInstalled) console.warn('skipped: tests in a browser, there is no Chromium on this machine');

/** To be looked at by people; never in git. */
const artifacts = fileURLToPath(new URL('../../test-artifacts/', import.meta.url));

/** A page that remembers everything it asked for and everything that went wrong in it. */
export class WatchedPage {
  /** Addresses of all requests, `data:` aside. */
  readonly requests: string[] = [];
  /** Errors and broken policies, as the console has them. */
  readonly problems: string[] = [];

  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
  ) {
    page.on(
      'request',
      (request) => void (request.url().startsWith('data:') || this.requests.push(request.url())),
    );
    page.on('console', (message) => void (message.type() === 'error' && this.problems.push(message.text())));
    page.on('pageerror', (error) => void this.problems.push(String(error)));
    page.on('requestfailed', (request) => void this.problems.push(`${request.url()} failed`));
  }

  static async open(url: string): Promise<WatchedPage> {
    // Its own sandbox does not work for root, and /dev/shm is small in containers.
    const args = ['--no-sandbox', '--disable-dev-shm-usage'];
    const browser = await chromium.launch({ executablePath, args });
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(30_000);
    const watched = new WatchedPage(browser, page);
    await page.goto(url);
    return watched;
  }

  /** Keeps a picture and says where. */
  async picture(name: string, { fullPage = false } = {}): Promise<void> {
    mkdirSync(artifacts, { recursive: true });
    const path = join(artifacts, `${name}.png`);
    await this.page.screenshot({ path, fullPage });
    console.info(`picture: ${path}`);
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}
