import { a, count, flag, instant, list, open, orNull, shape, text, word } from '../../common/http/schema.js';
import { stockMembers } from '../inventory.schemas.js';

/* Products as the documentation describes them: what `product.view.ts` and `import-report.ts` make. */

export const productSchema = shape('Product', {
  id: text('Id of the product'),
  name: text('Its name'),
  description: orNull(text('For buyers; null if there is none')),
  category: orNull(text('Yours, to find it by; null if there is none')),
  images: list('Addresses of pictures; the first one leads', { type: 'string', format: 'uri' }),
  items: list(
    'Its variants',
    shape('CatalogItem', {
      id: text('Id of the item: what agents buy'),
      name: text('Its name'),
      prices: open('Minor units without tax, by lower-case ISO 4217 code', { type: 'integer' }),
      variant_options: list(
        'Which variant it is',
        shape('CatalogVariantOption', { name: text('Such as `Size`'), value: text('Such as `9`') }),
      ),
      delivery: word('How it gets to the buyer', ['shipping', 'digital']),
      max_per_order: orNull(count('At most so many in one order; null: no limit')),
      on_sale: flag('Whether agents can buy it'),
      stock: a('What there is of it', shape('Stock', stockMembers)),
    }),
  ),
  created_at: instant('When it was made'),
  updated_at: instant('When it last changed'),
});

export const importReportSchema = shape('ImportReport', {
  dry_run: flag('Whether nothing was changed'),
  created: count('Lines that made a product'),
  updated: count('Lines that changed a product'),
  unchanged: count('Lines that say what is there already'),
  failed: count('Lines that were refused'),
  report: word('Which lines are listed', ['all', 'failures']),
  lines: list(
    'What became of each, in the order of the text',
    shape('ImportedLine', {
      line: count('Counts from 1'),
      id: orNull(text('Id of the product; null if the line does not say')),
      result: word('What became of it', ['created', 'updated', 'unchanged', 'failed']),
      'error?': a(
        'Why it was refused',
        shape('ImportError', {
          code: text('Machine-readable'),
          message: text('For people'),
          'param?': text('JSONPath to what is wrong in the line'),
        }),
      ),
    }),
  ),
});
