import { createServer } from 'node:http';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import express, { type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import { AppModule } from './app.module.js';
import { RateLimiter } from './access/limits/rate-limiter.js';
import { refuseFloods } from './access/limits/webhook-flood.js';
import { isImport } from './catalog/products/import-body.js';
import { apiErrors, errorBody } from './common/api-error.js';
import { wordErrors } from './common/http/error-wording.js';
import { onlyAt } from './common/http/own-port.js';
import { RawReplyAdapter } from './common/http/raw-reply.js';
import { openRequestContext } from './common/http/request-context.js';
import { logRequest } from './common/http/request-log.js';
import { refuseImpossiblePath } from './common/http/request-path.js';
import { createLogger } from './common/logging.js';
import type { Config } from './config/config.js';
import { openDatabase } from './database/open-database.js';
import { serveDocs } from './docs.js';
import { entities } from './entities.js';
import { guideWording } from './guide/guide-error.wording.js';
import { assertFree, Listener, patience, type Place } from './listener.js';
import { readWebhookBody } from './webhooks/inbound/webhook-body.js';

const bodyLimit = '256kb';

export interface Server {
  url: string;
  app: NestExpressApplication;
  /** Lets requests and jobs under way finish, then closes everything. May be called more than once. */
  stop(): Promise<void>;
}

/** Opens what the process needs, in order: database, migrations, modules, HTTP. Leaves nothing open if it fails. */
export async function startServer(config: Config): Promise<Server> {
  await assertPortsAreFree(config);
  const logger = createLogger(config.log);
  const database = await openDatabase(config, entities, {
    log: (message) => logger.log(message, 'Database'),
  });
  let app: NestExpressApplication | undefined;
  const listeners: Listener[] = [];
  try {
    app = await NestFactory.create<NestExpressApplication>(
      AppModule.forRoot({
        config,
        dataSource: database.dataSource,
        directUrl: database.directUrl,
        extraModules: config.sandbox ? [(await import('./sandbox/sandbox.module.js')).SandboxModule] : [],
      }),
      new RawReplyAdapter(patience(config.timings)),
      { logger, bodyParser: false, abortOnError: false },
    );
    configureHttp(app, config);
    await app.init();
    const [shop, office] = placesOf(config) as [Place, Place?];
    listeners.push(await Listener.open(app.getHttpServer(), shop));
    if (office) {
      const server = createServer(patience(config.timings), app.getHttpAdapter().getInstance());
      listeners.push(await Listener.open(server, office));
    }
    const running = app;
    let stopped: Promise<void> | undefined;
    const shutDown = async (): Promise<void> => {
      // First the requests: what they start, the modules then wait for.
      await Promise.all(listeners.map((listener) => listener.stop()));
      await running.close();
      await database.close();
    };
    return { url: config.publicUrl, app, stop: () => (stopped ??= shutDown()) };
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.stop()));
    await app?.close();
    await database.close();
    throw error;
  }
}

function configureHttp(app: NestExpressApplication, config: Config): void {
  app.disable('x-powered-by');
  app.disable('etag');
  if (config.trustProxy !== undefined) app.set('trust proxy', config.trustProxy);
  app.use('/acp', wordErrors(guideWording));
  app.use(
    openRequestContext,
    logRequest,
    helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }),
    refuseImpossiblePath,
  );
  if (config.role === 'worker') app.use(onlyOperations);
  // Matched as the routes are, so that no spelling of a path gets past it.
  if (config.adminPort !== undefined) app.use(['/admin', '/docs', '/metrics'], onlyAt(config.adminPort));
  app.use('/admin', keptByNoCache);
  app.use('/webhooks', refuseFloods(app.get(RateLimiter)), readWebhookBody);
  // Raw, whatever it claims to be: it is parsed once the caller is known, and signatures are over these bytes.
  app.use(express.raw({ type: (request) => !isImport(request), limit: bodyLimit }));
  serveDocs(app);
}

/** What the merchant is shown tells of people, and at times holds a key that is shown only once. */
function keptByNoCache(_: Request, response: Response, next: NextFunction): void {
  response.setHeader('Cache-Control', 'no-store');
  next();
}

/** A worker has no business with customers. */
function onlyOperations(request: Request, response: Response, next: NextFunction): void {
  if (/^\/(health|metrics)(\/|$)/.test(request.path)) {
    next();
    return;
  }
  const error = apiErrors.notFound('This route');
  response.status(error.status).json(errorBody(error));
}

/** Before anything is opened, because a port is what most often stands in the way. */
async function assertPortsAreFree(config: Config): Promise<void> {
  const { port, runHere } = config.simulator;
  const simulator = { port, host: '127.0.0.1', variable: 'SANDBOX_PSP_PORT' };
  for (const place of [...placesOf(config), ...(runHere ? [simulator] : [])]) await assertFree(place);
}

function placesOf({ port, adminPort, host }: Config): Place[] {
  const shop = { port, host, variable: 'PORT' };
  return adminPort === undefined ? [shop] : [shop, { port: adminPort, host, variable: 'ADMIN_PORT' }];
}
