import type { INestApplication } from '@nestjs/common';
import { SwaggerModule } from '@nestjs/swagger';
import type { NextFunction, Request, Response } from 'express';
import { AccessSettings } from './access/access.settings.js';
import { apiErrors, errorBody } from './common/api-error.js';
import { describeApi } from './docs.document.js';
import { pageOptions, servePage } from './docs.page.js';
import { SettingsService } from './settings/settings.service.js';

/** The documentation at `/docs`, all of it served from here, and the OpenAPI document at `/docs/json`. */
export function serveDocs(app: INestApplication): void {
  const settings = app.get(SettingsService);
  app.use('/docs', (_: Request, response: Response, next: NextFunction) => {
    settings.get(AccessSettings).then(({ docs }) => {
      const error = apiErrors.notFound('This route');
      if (docs) next();
      else response.status(error.status).json(errorBody(error));
    }, next);
  });
  app.use('/docs', servePage);
  SwaggerModule.setup('docs', app, describeApi(app), {
    jsonDocumentUrl: 'docs/json',
    yamlDocumentUrl: 'docs/yaml',
    swaggerOptions: pageOptions,
  });
}
