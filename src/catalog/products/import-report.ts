import { type ApiError, errorBody } from '../../common/api-error.js';
import type { Written } from './products.service.js';

/** What became of one line. */
export interface LineReport {
  line: number;
  /** Null if the line did not say. */
  id: string | null;
  result: Written | 'failed';
  error?: { code: string; message: string; param?: string };
}

/** A message may quote the line; a report of many lines still has to be of bearable size. */
const maximumMessage = 300;

/** What became of an import, as it is answered. */
export class ImportReport {
  private readonly counts = { created: 0, updated: 0, unchanged: 0, failed: 0 };
  private readonly lines: LineReport[] = [];

  constructor(
    private readonly dryRun: boolean,
    private readonly listed: 'all' | 'failures',
  ) {}

  add(line: number, id: string | null, result: Written): void {
    this.counts[result]++;
    if (this.listed === 'all') this.lines.push({ line, id, result });
  }

  addFailure(line: number, id: string | null, refusal: ApiError): void {
    const { code, message, param } = errorBody(refusal) as { code: string; message: string; param?: string };
    const error = { code, message: message.slice(0, maximumMessage), ...(param !== undefined && { param }) };
    this.counts.failed++;
    this.lines.push({ line, id, result: 'failed', error });
  }

  get totals(): Record<Written | 'failed', number> {
    return this.counts;
  }

  view(): object {
    return { dry_run: this.dryRun, ...this.counts, report: this.listed, lines: this.lines };
  }
}
