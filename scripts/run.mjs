// node scripts/run.mjs <name> [arguments]: one of the tools in src/cli, prepared like the server.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ensureInstalled, fail, root } from './prepare.mjs';

const [name = '', ...args] = process.argv.slice(2);
if (!/^[a-z][a-z-]*$/.test(name)) fail('Usage: node scripts/run.mjs <name of a tool in src/cli> [arguments]');
await ensureInstalled();
await ensureBuilt();
const program = join(root, 'dist', 'src', 'cli', `${name}.js`);
if (!existsSync(program)) fail(`There is no tool ${name}: src/cli/${name}.ts does not exist.`);
// The tool sees the command line it would have if it had been started directly.
process.argv = [process.execPath, program, ...args];
await import(pathToFileURL(program).href);
