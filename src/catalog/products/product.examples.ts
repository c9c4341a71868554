/** What the sandbox answers for its trail shoe. */
export const productExample = {
  id: 'prod_trail_shoe',
  name: 'Trail Shoe',
  description: 'Light shoe with a grippy sole for rough paths.',
  category: 'shoes',
  images: [],
  items: [
    {
      id: 'item_trail_shoe_9',
      name: 'Trail Shoe, size 9',
      prices: { usd: 12900, inr: 1079900 },
      variant_options: [{ name: 'Size', value: '9' }],
      delivery: 'shipping',
      max_per_order: null,
      on_sale: true,
      stock: { tracked: true, on_hand: 25, reserved: 0, available: 25 },
    },
  ],
  created_at: '2026-11-22T12:00:00.000Z',
  updated_at: '2026-11-22T12:00:00.000Z',
};

const jacket = {
  id: 'prod_rain_jacket',
  name: 'Rain Jacket',
  description: 'Keeps out an hour of heavy rain.',
  category: 'clothing',
  images: ['https://shop.example/rain-jacket.jpg'],
  items: [
    {
      id: 'item_rain_jacket_m',
      name: 'Rain Jacket, M',
      prices: { usd: 6400, inr: 539900 },
      variant_options: [{ name: 'Size', value: 'M' }],
      inventory: { on_hand: 40 },
    },
  ],
};

export const newProductExamples = {
  'a product with one item': { value: jacket },
  'a download': {
    value: {
      name: 'Knots, an e-book',
      category: 'books',
      items: [{ name: 'Knots (EPUB)', prices: { usd: 700 }, delivery: 'digital' }],
    },
  },
};

export const changedProductExamples = {
  'a new price and one more size': {
    value: {
      items: [
        { id: 'item_trail_shoe_9', prices: { usd: 11900, inr: 999900 } },
        {
          id: 'item_trail_shoe_11',
          name: 'Trail Shoe, size 11',
          prices: { usd: 12900, inr: 1079900 },
          variant_options: [{ name: 'Size', value: '11' }],
          inventory: { on_hand: 12 },
        },
      ],
    },
  },
  'one size off sale, another one removed': {
    value: {
      items: [
        { id: 'item_trail_shoe_9', on_sale: false },
        { id: 'item_trail_shoe_10', remove: true },
      ],
    },
  },
  'no description any more': { value: { description: null } },
};

const cap = {
  id: 'prod_wool_cap',
  name: 'Wool Cap',
  category: 'clothing',
  items: [{ id: 'item_wool_cap', name: 'Wool Cap', prices: { usd: 2400 }, inventory: { on_hand: 15 } }],
};
const mug = { id: 'prod_tin_mug', name: 'Tin Mug', category: 'camping' };

/** Two lines that are taken in and one that is not. */
export const importExample = [
  cap,
  { ...mug, items: [{ id: 'item_tin_mug', name: 'Tin Mug', prices: { usd: 1200 } }] },
  { ...mug, items: [{ id: 'item_tin_mug', name: 'Tin Mug', prices: { usd: -1 } }] },
]
  .map((line) => `${JSON.stringify(line)}\n`)
  .join('');

export const importReportExample = {
  dry_run: false,
  created: 2,
  updated: 0,
  unchanged: 0,
  failed: 1,
  report: 'all',
  lines: [
    { line: 1, id: 'prod_wool_cap', result: 'created' },
    { line: 2, id: 'prod_tin_mug', result: 'created' },
    {
      line: 3,
      id: 'prod_tin_mug',
      result: 'failed',
      error: {
        code: 'invalid',
        message: 'A price is a whole number of minor units from 0 to 9000000000.',
        param: '$.items[0].prices.usd',
      },
    },
  ],
};
