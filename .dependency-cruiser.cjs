/**
 * Which module may import which. An edge that is not listed is an error, and so is a module that is not listed:
 * whoever adds one decides here what it may know.
 */
const base = ['common', 'config', 'database', 'queue'];
const foundation = [...base, 'audit', 'settings', 'access', 'outbox', 'idempotency', 'monitoring'];
const commerce = [...foundation, 'payments', 'catalog', 'orders', 'checkout'];

const mayImport = {
  common: [],
  config: ['common'],
  database: ['common', 'config'],
  queue: ['common', 'config', 'database'],
  audit: base,
  settings: [...base, 'audit'],
  access: [...base, 'audit', 'settings'],
  outbox: [...base, 'audit', 'settings', 'access'],
  idempotency: [...base, 'audit', 'settings', 'access', 'outbox'],
  monitoring: [...base, 'audit', 'settings', 'access', 'outbox', 'idempotency'],
  catalog: foundation,
  // Holds an opaque reference to what is paid for and does not know that checkout exists.
  payments: foundation,
  orders: [...foundation, 'payments', 'catalog'],
  emails: [...foundation, 'orders'],
  checkout: [...foundation, 'payments', 'catalog', 'orders'],
  // An event carries a finished snapshot.
  'webhooks/outbound': foundation,
  retention: [...foundation, 'privacy'],
  // Knows what every other module keeps of a buyer.
  privacy: [...commerce, 'emails', 'webhooks/outbound', 'webhooks/inbound'],
  'webhooks/inbound': commerce,
  // Translate; they hold no rule of commerce, and neither knows the other.
  acp: commerce,
  guide: commerce,
};

/** May see everything; nothing but the composition of the application sees them. */
const outermost = ['sandbox', 'cli'];
const composition = '^src/(main|serve|server|app\\.module|entities)\\.ts$';
/** A module's admin controllers belong to the outermost layer and lie in the module: whoever changes it finds them. */
const adminController = '\\.admin\\.controller(\\.spec)?\\.ts$';

const anyOf = (modules) => `(${modules.join('|')})`;
const name = (module) => module.replace('/', '-');

const edges = Object.entries(mayImport).map(([module, allowed]) => ({
  name: `${name(module)}-imports`,
  comment: `src/${module} may import ${allowed.join(', ') || 'no other module'}.`,
  severity: 'error',
  from: { path: `^src/${module}/`, pathNot: adminController },
  to: { path: '^src/', pathNot: `^src/${anyOf([module, ...allowed])}/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two files that need each other are one file, or hide a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      comment: 'An import that cannot be followed is one that no rule here sees.',
      severity: 'error',
      from: {},
      // What is built is not there before the first build.
      to: { couldNotResolve: true, pathNot: '^(\\.\\./)+dist/' },
    },
    ...edges,
    {
      name: 'no-unlisted-module',
      comment: 'Add the module to mayImport in .dependency-cruiser.cjs.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/${anyOf([...Object.keys(mayImport), ...outermost])}/` },
      to: {},
    },
    {
      name: 'nothing-imports-sandbox',
      comment: 'Simulated providers and demo data are loaded by server.ts, in sandbox mode only.',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: [composition, `^src/${anyOf(outermost)}/`] },
      to: { path: '^src/sandbox/' },
    },
    {
      name: 'nothing-imports-cli',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'nothing-imports-admin-controllers',
      comment: 'Only the file that declares the Nest module names its admin controllers.',
      severity: 'error',
      from: { path: '^src/', pathNot: [composition, '^src/cli/', '\\.module\\.ts$', adminController] },
      to: { path: '\\.admin\\.controller\\.ts$' },
    },
    {
      name: 'admin-controllers-stay-in-their-module',
      severity: 'error',
      from: { path: '^src/([^/]+)/.+\\.module\\.ts$' },
      to: { path: '\\.admin\\.controller\\.ts$', pathNot: '^src/$1/' },
    },
    {
      name: 'stripe-sdk-in-its-provider',
      comment:
        'Only the provider knows the SDK; src/payments/providers/stripe turns it into our own outcomes.',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: '^src/payments/providers/stripe/' },
      to: { path: '(^|/)node_modules/stripe/' },
    },
    {
      name: 'razorpay-sdk-in-its-provider',
      comment: 'As with Stripe: src/payments/providers/razorpay is the only folder that knows the SDK.',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: '^src/payments/providers/razorpay/' },
      to: { path: '(^|/)node_modules/razorpay/' },
    },
    {
      name: 'sources-do-not-import-tests',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: '\\.spec\\.ts$' },
      to: { path: ['^test/', '\\.spec\\.ts$'] },
    },
    {
      name: 'no-development-dependency-in-sources',
      comment: 'The image is built without development dependencies.',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
