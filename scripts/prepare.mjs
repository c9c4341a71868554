// What every command does first on a fresh clone or after a pull: install, then build, each only when it is due.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const oldestNode = [20, 19];
const stamp = join(root, 'dist', '.built');
const entry = join(root, 'dist', 'src', 'main.js');

/** Installs with `npm ci` when node_modules is missing or older than the lock file. */
export async function ensureInstalled() {
  refuseOldNode();
  if (isInstalled()) return;
  await alone(async () => {
    if (isInstalled()) return; // the process we waited for has done it
    // Building needs the development dependencies, whatever NODE_ENV says about running.
    await step('Installing dependencies (npm ci)', npm(['ci', '--include=dev', '--no-audit', '--no-fund']));
  });
}

/** Builds when something that goes into dist/ has changed since the last build that succeeded. */
export async function ensureBuilt() {
  if (isBuilt()) return;
  await alone(async () => {
    if (isBuilt()) return;
    const startedAt = new Date();
    removeStaleOutput();
    await step('Building', npm(['run', '-s', 'build']));
    writeFileSync(stamp, '');
    utimesSync(stamp, startedAt, startedAt); // an edit made while the compiler ran is newer than that
  });
}

function refuseOldNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  fail(`Storekeeper needs Node ${oldestNode.join('.')} or later; this is ${process.versions.node}.`);
}

function isInstalled() {
  const installed = modifiedAt(join(root, 'node_modules', '.package-lock.json'));
  return installed > 0 && installed >= modifiedAt(join(root, 'package-lock.json'));
}

function isBuilt() {
  if (!existsSync(entry)) return false;
  const configs = readdirSync(root).filter((name) => /^(tsconfig.*|nest-cli|package)\.json$/.test(name));
  const sources = ['src', 'migrations'].flatMap((folder) => listTree(join(root, folder)));
  return [...configs.map((name) => join(root, name)), ...sources].every(
    (path) => modifiedAt(path) <= modifiedAt(stamp),
  );
}

/** Folders are listed too: removing a file changes the time of its folder and of nothing else. */
function listTree(folder) {
  if (!existsSync(folder)) return [];
  return [folder, ...readdirSync(folder, { recursive: true }).map((name) => join(folder, name))].filter(
    (path) => !path.endsWith('.spec.ts'),
  );
}

/**
 * Removes compiled files whose source is gone. The others stay, so that a server running from dist/ is not pulled
 * from under its feet; but without a complete earlier build everything goes, the compiler's own records first.
 */
function removeStaleOutput() {
  const dist = join(root, 'dist');
  if (!existsSync(stamp) || !existsSync(entry)) return rmSync(dist, { recursive: true, force: true });
  for (const name of readdirSync(dist, { recursive: true })) {
    const source = /^((?:src|migrations)[\\/].*)\.js(?:\.map)?$/.exec(name)?.[1];
    if (source && !existsSync(join(root, `${source}.ts`))) rmSync(join(dist, name), { force: true });
  }
}

/** Two commands started at once on a fresh clone must not install into each other. */
async function alone(work) {
  const name = `storekeeper-prepare-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.pid`;
  const lock = join(tmpdir(), name);
  let announced = false;
  while (!(await tryLock(lock))) {
    const holder = lockHolder(lock);
    if (holder === undefined) continue;
    if (!isAlive(holder)) rmSync(lock, { force: true });
    else {
      if (!announced) say(`Waiting for process ${holder}, which is installing or building here ...`);
      announced = true;
      await delay(200);
    }
  }
  const unlock = () => {
    if (lockHolder(lock) === process.pid) rmSync(lock, { force: true });
  };
  process.once('exit', unlock);
  try {
    await work();
  } finally {
    process.off('exit', unlock);
    unlock();
  }
}

async function tryLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  await delay(50); // another that also saw a dead holder may have removed our file instead of his
  return lockHolder(lock) === process.pid;
}

function lockHolder(lock) {
  try {
    return Number(readFileSync(lock, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid) {
  if (!pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs a tool quietly; its output is shown only when it fails, and then the whole command ends. */
async function step(title, [command, args, options]) {
  const startedAt = Date.now();
  say(`${title} ...`);
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const output = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  const failure = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`)));
  });
  if (failure !== undefined) {
    process.stderr.write(Buffer.concat(output));
    fail(`${title} failed (${failure}).`);
  }
  say(`${title}: done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** Under `npm start` npm names its own script, which also spares Windows the shell. */
function npm(args) {
  const script = process.env.npm_execpath;
  if (script?.endsWith('.js')) return [process.execPath, [script, ...args], {}];
  return ['npm', args, { shell: process.platform === 'win32' }];
}

function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Progress goes to stderr: stdout belongs to the command itself. */
function say(message) {
  process.stderr.write(`${message}\n`);
}

export function fail(message) {
  say(message);
  process.exit(1);
}
