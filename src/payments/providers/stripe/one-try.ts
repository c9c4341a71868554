import Stripe from 'stripe';

type HttpClient = ReturnType<typeof Stripe.createNodeHttpClient>;
type Request = Parameters<HttpClient['makeRequest']>;

/** What `stripe` sends again after by itself, once, even with `maxNetworkRetries: 0`. */
const retriedCodes = new Set(['ECONNRESET', 'EPIPE']);

/**
 * Sends each request once. The package would repeat one whose connection was closed and show only the second
 * answer; that the first may have been executed must not be lost. It decides by the error's `code`, so the code
 * goes into the cause, where `stripe.mapping.ts` finds it.
 */
export function oneTryHttpClient(): HttpClient {
  const client = Stripe.createNodeHttpClient();
  return {
    getClientName: () => client.getClientName(),
    makeRequest: async (...request: Request) => {
      try {
        return await client.makeRequest(...request);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        throw retriedCodes.has(code ?? '') ? new Error(message, { cause: error }) : error;
      }
    },
  };
}
