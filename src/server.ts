import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import express, { type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import { AppModule } from './app.module.js';
import { apiErrors, errorBody } from './common/api-error.js';
import { RawReplyAdapter } from './common/http/raw-reply.js';
import { openRequestContext } from './common/http/request-context.js';
import { logRequest } from './common/http/request-log.js';
import { createLogger } from './common/logging.js';
import type { Config } from './config/config.js';
import { openDatabase } from './database/open-database.js';
import { connectRedis } from './database/redis-cache.js';
import { serveDocs } from './docs.js';
import { entities } from './entities.js';

const bodyLimit = '256kb';

export interface Server {
  url: string;
  app: NestExpressApplication;
  /** Lets requests and jobs under way finish, then closes everything. */
  stop(): Promise<void>;
}

/** A failure to start that one sentence explains. */
export class StartError extends Error {}

/** Opens what the process needs, in order: database, migrations, modules, HTTP. Leaves nothing open if it fails. */
export async function startServer(config: Config): Promise<Server> {
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
        redis: config.redisUrl === undefined ? undefined : connectRedis(config.redisUrl),
        extraModules: config.sandbox ? [(await import('./sandbox/sandbox.module.js')).SandboxModule] : [],
      }),
      new RawReplyAdapter(),
      { logger, bodyParser: false, abortOnError: false },
    );
    configureHttp(app, config);
    await listen(app, config);
    const running = app;
    return {
      url: config.publicUrl,
      app,
      stop: async () => {
        await running.close();
        await database.close();
      },
    };
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
  app.use(
    openRequestContext,
    logRequest,
    helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }),
  );
  if (config.role === 'worker') app.use(onlyOperations);
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

async function listen(app: NestExpressApplication, { port, host }: Config): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new StartError(`Port ${port} is taken. Stop what listens there, or set PORT to another one.`);
    if (code === 'EACCES')
      throw new StartError(`Port ${port} is not ours to take. Set PORT to one above 1023.`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new StartError(`HOST ${host} is not an address of this machine.`);
    throw error;
  }
}
