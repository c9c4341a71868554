import { promises as dns } from 'node:dns';
import { isLocalhost } from './urls.js';

/** All addresses of a name; rejects if it has none or nobody can say. */
export type Resolve = (hostname: string) => Promise<string[]>;

const resolver = new dns.Resolver({ timeout: 1_000, tries: 2 });

/**
 * Asks the name servers directly. The lookup of the operating system occupies a thread for as long as it hangs, and
 * there are four for the whole process: one slow name server would stop all deliveries. It also reads local names.
 */
export const resolve: Resolve = async (hostname) => {
  if (isLocalhost(hostname)) return ['127.0.0.1', '::1'];
  const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const [first] = answers;
  if (addresses.length === 0 && first.status === 'rejected') throw first.reason;
  return addresses;
};
