import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const doc = readFileSync(new URL('../../docs/webhook-semantics.md', import.meta.url), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'storekeeper-snippets-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Each reads `[{body, header, secret}]` from standard input and prints what `verify` says to each. */
const languages = {
  js: {
    command: process.execPath,
    file: 'verify.mjs',
    wrap: (snippet: string) =>
      `import { readFileSync } from 'node:fs';\n${snippet}
       const cases = JSON.parse(readFileSync(0, 'utf8'));
       console.log(JSON.stringify(cases.map(({ body, header, secret }) => verify(Buffer.from(body), header, secret))));`,
  },
  python: {
    command: 'python3',
    file: 'verify.py',
    wrap: (snippet: string) =>
      `${snippet}\nimport json, sys\nprint(json.dumps([verify(c["body"].encode(), c["header"], c["secret"]) for c in json.load(sys.stdin)]))\n`,
  },
  php: {
    command: 'php',
    file: 'verify.php',
    wrap: (snippet: string) =>
      `<?php\n${snippet}\necho json_encode(array_map(fn($c) => verify($c["body"], $c["header"], $c["secret"]), json_decode(file_get_contents("php://stdin"), true)));`,
  },
};

const body = '{"type":"order_update","data":{"title":"Zelt für zwei ⛺"}}';
const secret = 'whsec_of_a_snippet';
const sign = (at: number, text = body, key = secret): string =>
  `t=${at},v1=${createHmac('sha256', key).update(`${at}.${text}`).digest('hex')}`;
const now = Math.floor(Date.now() / 1000);

const cases: [string, { body: string; header: string; secret: string }, boolean][] = [
  ['what we signed', { body, header: sign(now), secret }, true],
  ['what we signed four minutes ago', { body, header: sign(now - 240), secret }, true],
  ['another body', { body: body.replace('zwei', 'drei'), header: sign(now), secret }, false],
  ['another secret', { body, header: sign(now), secret: 'whsec_of_somebody_else' }, false],
  ['a signature that is too old', { body, header: sign(now - 360), secret }, false],
  ['a signature of the future', { body, header: sign(now + 360), secret }, false],
  [
    'a timestamp that was exchanged',
    { body, header: sign(now - 400).replace(/^t=\d+/, `t=${now}`), secret },
    false,
  ],
  ['no signature', { body, header: '', secret }, false],
  ['garbage', { body, header: 't=,v1=zz', secret }, false],
  ['a short signature', { body, header: `t=${now},v1=abcd`, secret }, false],
  ['a line break at the end', { body, header: `${sign(now)}\n`, secret }, false],
];

describe.each(Object.entries(languages))(
  'the %s snippet of docs/webhook-semantics.md',
  (language, { command, file, wrap }) => {
    const installed = spawnSync(command, ['--version']).status === 0;
    if (!installed) console.warn(`skipped: the ${language} snippet, there is no ${command} on this machine`);

    it.skipIf(!installed)('takes what we sign and nothing else', () => {
      const snippet = new RegExp(`\`\`\`${language}\n([^]*?)\n\`\`\``).exec(doc)?.[1];
      if (!snippet) throw new Error(`there is no ${language} snippet`);
      const path = join(folder, file);
      writeFileSync(path, wrap(snippet));
      const { stdout, stderr } = spawnSync(command, [path], {
        input: JSON.stringify(cases.map(([, given]) => given)),
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      const said = JSON.parse(stdout) as boolean[];
      expect(cases.map(([name], index) => [name, said[index]])).toEqual(
        cases.map(([name, , valid]) => [name, valid]),
      );
    });
  },
);
