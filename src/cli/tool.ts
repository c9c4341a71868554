import { ApiError } from '../common/api-error.js';
import { explain } from '../start-failure.js';

/** A wish that cannot be fulfilled, as a sentence. */
export class ToolError extends Error {}

/**
 * Runs a command line tool. Ctrl-C is passed on as `interrupted`, so that a PostgreSQL the tool has started is
 * stopped before the process ends.
 */
export async function runTool(
  help: string,
  tool: (args: string[], interrupted: AbortSignal) => Promise<void>,
): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(help);
    return;
  }
  const interruption = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interruption.abort());
  try {
    await tool(args, interruption.signal);
    process.exitCode = interruption.signal.aborted ? 130 : 0;
  } catch (error) {
    if (!interruption.signal.aborted) console.error(isMisuse(error) ? error.message : explain(error));
    process.exitCode = interruption.signal.aborted ? 130 : 1;
  }
}

/** Ours, what a use-case refuses, or what `parseArgs` has to say about the command line. */
function isMisuse(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return error instanceof ToolError || error instanceof ApiError || code.startsWith('ERR_PARSE_ARGS_');
}
