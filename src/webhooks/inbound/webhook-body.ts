import express, { type NextFunction, type Request, type Response } from 'express';

/** A provider's webhook: its bytes in `body`, or why they could not be read. */
export type WebhookRequest = Request & { bodyProblem?: 'too_large' | 'unreadable' };

// Unpacked, the bytes would not be the signed ones.
const read = express.raw({ type: () => true, limit: '256kb', inflate: false });

/** Reads the bytes and refuses nothing: that is for the route, which counts what it refuses and says so in its way. */
export function readWebhookBody(request: WebhookRequest, response: Response, next: NextFunction): void {
  read(request, response, (error?: unknown) => {
    if (error !== undefined) {
      request.bodyProblem = (error as { status?: number }).status === 413 ? 'too_large' : 'unreadable';
    }
    next();
  });
}
