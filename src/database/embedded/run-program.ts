import { basename } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { spawnAs, type RunAs } from './run-as.js';

/** Runs one of PostgreSQL's programs to its end and answers what it printed. */
export async function runProgram(runAs: RunAs, program: string, args: string[], input = ''): Promise<string> {
  const child = spawnAs(runAs, program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const output: string[] = [];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => output.push(text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => output.push(text));
  child.stdin?.on('error', () => undefined); // EPIPE of a program that ended early; its exit code tells
  child.stdin?.end(input);
  const failure = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`)));
  });
  const printed = output.join('');
  if (failure === undefined) return printed;
  const tail = printed.trimEnd().split('\n').slice(-8).join('\n');
  throw new EmbeddedPostgresError(
    `${basename(program)} of the embedded PostgreSQL failed (${failure}):\n${tail}`,
  );
}
