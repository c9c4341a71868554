import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { NextFunction, Request, Response } from 'express';
import { AccessSettings } from './access/access.settings.js';
import { apiErrors, errorBody } from './common/api-error.js';
import { errorSchema } from './common/http/api-docs.js';
import { version } from './common/version.js';
import { documentSettings } from './settings/admin/settings.docs.js';
import { SettingsRegistry } from './settings/settings.registry.js';
import { SettingsService } from './settings/settings.service.js';

/** Swagger UI at `/docs`, its assets served from here, and the OpenAPI document at `/docs/json`. */
export function serveDocs(app: INestApplication): void {
  const settings = app.get(SettingsService);
  app.use('/docs', (_: Request, response: Response, next: NextFunction) => {
    settings.get(AccessSettings).then(({ docs }) => {
      const error = apiErrors.notFound('This route');
      if (docs) next();
      else response.status(error.status).json(errorBody(error));
    }, next);
  });
  const document = SwaggerModule.createDocument(
    app,
    new DocumentBuilder()
      .setOpenAPIVersion('3.1.0')
      .setTitle('Storekeeper')
      .setDescription(
        'The Agentic Commerce Protocol for agents, and the admin API for the merchant. ' +
          'In the sandbox authorize with `agent_sandbox_key` or `admin_sandbox_key`.',
      )
      .setVersion(version)
      .addBearerAuth({
        type: 'http',
        scheme: 'bearer',
        description: 'An API key of an agent or of the merchant',
      })
      .build(),
  );
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Error: errorSchema },
  };
  documentSettings(document, app.get(SettingsRegistry));
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'docs/json',
    yamlDocumentUrl: 'docs/yaml',
    customSiteTitle: 'Storekeeper API',
    swaggerOptions: { persistAuthorization: true, tryItOutEnabled: true, docExpansion: 'list' },
  });
}
