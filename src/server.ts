import { createServer, type Server as NetServer } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import express, { type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import { AppModule } from './app.module.js';
import { apiErrors, errorBody } from './common/api-error.js';
import { wordErrors } from './common/http/error-wording.js';
import { RawReplyAdapter } from './common/http/raw-reply.js';
import { openRequestContext } from './common/http/request-context.js';
import { logRequest } from './common/http/request-log.js';
import { refuseImpossiblePath } from './common/http/request-path.js';
import { createLogger } from './common/logging.js';
import { StartError } from './common/start-error.js';
import type { Config } from './config/config.js';
import { openDatabase } from './database/open-database.js';
import { serveDocs } from './docs.js';
import { entities } from './entities.js';
import { guideWording } from './guide/guide-error.wording.js';
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
  try {
    app = await NestFactory.create<NestExpressApplication>(
      AppModule.forRoot({
        config,
        dataSource: database.dataSource,
        directUrl: database.directUrl,
        extraModules: config.sandbox ? [(await import('./sandbox/sandbox.module.js')).SandboxModule] : [],
      }),
      new RawReplyAdapter(),
      { logger, bodyParser: false, abortOnError: false },
    );
    configureHttp(app, config);
    await app.init();
    await bind(app.getHttpServer(), config);
    const running = app;
    let stopped: Promise<void> | undefined;
    const shutDown = async (): Promise<void> => {
      // First the requests: what they start, the modules then wait for.
      await new Promise((resolve) => running.getHttpServer().close(resolve));
      await running.close();
      await database.close();
    };
    return { url: config.publicUrl, app, stop: () => (stopped ??= shutDown()) };
  } catch (error) {
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
  app.use('/webhooks', readWebhookBody);
  // Raw, whatever it claims to be: it is parsed once the caller is known, and signatures are over these bytes.
  app.use(express.raw({ type: () => true, limit: bodyLimit }));
  serveDocs(app);
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
  await probe(config);
  if (config.simulator.runHere)
    await probe({ port: config.simulator.port, host: '127.0.0.1' }, 'SANDBOX_PSP_PORT');
}

async function probe(address: { port: number; host: string }, variable?: string): Promise<void> {
  const server = createServer();
  await bind(server, address, variable);
  await new Promise((resolve) => server.close(resolve));
}

function bind(
  server: NetServer,
  { port, host }: { port: number; host: string },
  variable = 'PORT',
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(explainListen(error, { port, host, variable })),
    );
    server.listen(port, host, resolve);
  });
}

function explainListen(
  error: NodeJS.ErrnoException,
  { port, host, variable }: { port: number; host: string; variable: string },
): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new StartError(
        `Port ${port} is taken. Stop what listens there, or set ${variable} to another one.`,
      );
    case 'EACCES':
      return new StartError(`Port ${port} is not ours to take. Set ${variable} to one above 1023.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new StartError(`HOST ${host} is not an address of this machine.`);
    default:
      return error;
  }
}
