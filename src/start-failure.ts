import { StartError } from './common/start-error.js';
import { ConfigError } from './config/config.js';
import { EmbeddedPostgresError, errorCode } from './database/embedded/embedded-postgres.error.js';

/** Errors whose message is all that a person needs. */
const sentences = [ConfigError, StartError, EmbeddedPostgresError];

/**
 * What to print of an error that ends the program: one sentence for what a person can mend, everything we know for
 * what nobody expected.
 */
export function explain(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (sentences.some((type) => error instanceof type)) return error.message;
  return databaseRefusal(error) ?? error;
}

/** Who cannot be reached, and what PostgreSQL answers to somebody it does not let in, as SQLSTATE or Node names it. */
const unreachable = /^(ECONN(REFUSED|RESET)|E(HOST|NET)UNREACH|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/;
const notLetIn = /^(28...|3D000|42501|53300|57P0[1-3])$/;

/** Nothing else makes a start fail like this: Redis and the payment providers may be away. */
function databaseRefusal(error: Error): string | undefined {
  const code = errorCode(error) ?? '';
  const cutOff = error.message.startsWith('Connection terminated');
  if (!cutOff && !unreachable.test(code) && !notLetIn.test(code)) return undefined;
  // Where a name stands for several addresses, each has its own error and the whole has no message.
  const said = error instanceof AggregateError ? (error.errors as Error[])[0]?.message : error.message;
  const what = notLetIn.test(code) ? 'PostgreSQL refuses' : 'PostgreSQL cannot be reached';
  return `${what} (${said}): check DATABASE_URL and, if it is set, DATABASE_DIRECT_URL.`;
}
