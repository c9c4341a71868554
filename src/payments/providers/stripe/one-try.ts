import Stripe from 'stripe';

type HttpClient = ReturnType<typeof Stripe.createNodeHttpClient>;
type Request = Parameters<HttpClient['makeRequest']>;

/** What `stripe` sends again after by itself, once, even with `maxNetworkRetries: 0`. */
const retriedCodes = new Set(['ECONNRESET', 'EPIPE']);

/**
 * Sends each request once. The package would repeat one whose connection was closed and show only the second
 * answer; that the first may have been executed must not be lost. It decides by the error's `code`, so the code
 * goes into the cause, where `stripe.mapping.ts` finds it. `read` is applied to every answer before anybody sees it.
 */
export function oneTryHttpClient(read: (json: string) => string): HttpClient {
  const client = Stripe.createNodeHttpClient();
  return {
    getClientName: () => client.getClientName(),
    makeRequest: async (...request: Request) => {
      try {
        const response = await client.makeRequest(...request);
        const toJson = response.toJSON.bind(response);
        response.toJSON = async () => JSON.parse(read(JSON.stringify(await toJson()))) as unknown;
        return response;
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        throw retriedCodes.has(code ?? '') ? new Error(message, { cause: error }) : error;
      }
    },
  };
}
