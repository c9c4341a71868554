import { Injectable, Logger } from '@nestjs/common';
import { ApiError, apiErrors } from '../../common/api-error.js';
import { DtoPipe } from '../../common/http/dto.pipe.js';
import type { SpooledBody } from '../../common/http/spooled-body.js';
import { parseJson } from '../../common/json.js';
import { Database } from '../../database/database.js';
import type { Claim } from '../../idempotency/claim.js';
import { catalogErrors } from '../catalog.errors.js';
import { ImportReport } from './import-report.js';
import { countLines, type Line, readLines } from './json-lines.js';
import { wholeProduct } from './product-changes.js';
import { ProductDto } from './product.dto.js';
import { ProductsService, type Written } from './products.service.js';

export interface ImportOptions {
  /** Says what would happen and changes nothing. */
  dryRun: boolean;
  /** Which lines the report lists; undefined: all of a short text, else the failed ones. */
  report?: 'all' | 'failures';
  actor: string;
}

export const maximumLines = 100_000;
export const maximumLineBytes = 256 * 1024;
const shortText = 1_000;

/** Ends the transaction of a dry run. */
class NothingHappened extends Error {
  constructor(readonly written: Written) {
    super('a dry run changes nothing');
  }
}

/**
 * Puts products into the catalogue, one line each in a transaction of its own: a line is in whole or not at all, and
 * what came before it stays. The same text sent again finds everything done and changes nothing.
 */
@Injectable()
export class ProductImportService {
  private readonly logger = new Logger(ProductImportService.name);
  private readonly dto = new DtoPipe();

  constructor(
    private readonly db: Database,
    private readonly products: ProductsService,
  ) {}

  async run(body: SpooledBody, options: ImportOptions, claim: Claim): Promise<void> {
    const count = await countLines(body.read());
    if (count > maximumLines) throw catalogErrors.tooManyLines(maximumLines);
    const report = new ImportReport(
      options.dryRun,
      options.report ?? (count <= shortText ? 'all' : 'failures'),
    );
    for await (const line of readLines(body.read(), maximumLineBytes)) {
      await this.importLine(line, options, claim, report);
    }
    await this.db.transaction((tx) => claim.finish(tx, { status: 200, body: report.view() }));
    this.logger.log({ event: 'catalogue.imported', dryRun: options.dryRun, ...report.totals });
  }

  /** What the line itself is to blame for is reported; what would befall the next line too ends the import. */
  private async importLine(
    line: Line,
    options: ImportOptions,
    claim: Claim,
    report: ImportReport,
  ): Promise<void> {
    let id: string | null = null;
    try {
      if (!line.bytes) throw catalogErrors.lineTooLong(maximumLineBytes);
      const said = parseJson(line.bytes);
      id = idOf(said);
      const dto = this.dto.transform(said, { type: 'body', metatype: ProductDto }) as ProductDto;
      report.add(line.number, id, await this.put(dto, options, claim));
    } catch (error) {
      if (!(error instanceof ApiError && error.storable)) throw error;
      report.addFailure(line.number, id, error);
    }
  }

  private async put(dto: ProductDto, { dryRun, actor }: ImportOptions, claim: Claim): Promise<Written> {
    if (dto.id === undefined) throw apiErrors.missing('$.id');
    const unnamed = dto.items.findIndex((item) => item.id === undefined);
    if (unnamed >= 0) throw apiErrors.missing(`$.items[${unnamed}].id`);
    const wanted = wholeProduct(dto);
    try {
      return await this.db.transaction(async (tx) => {
        const written = await this.products.put(tx, wanted, { reason: 'import', actor });
        if (dryRun) throw new NothingHappened(written);
        // Makes the lease last as long as the import, and ends one whose key another run has taken over.
        await claim.fence(tx);
        return written;
      });
    } catch (error) {
      if (error instanceof NothingHappened) return error.written;
      throw error;
    }
  }
}

/** The id of what may not even be a product, for the report. */
function idOf(said: unknown): string | null {
  const { id } = (said ?? {}) as { id?: unknown };
  return typeof id === 'string' ? id.slice(0, 64) : null;
}
