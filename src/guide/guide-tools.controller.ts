import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../access/scopes.js';
import { ApiAnswer } from '../common/http/api-docs.js';
import { type ToolDefinition, tools } from './guide-tools.js';
import { GuideErrors, toolsSchema } from './guide.schemas.js';

@ApiTags('Guide checkout')
@ApiBearerAuth()
@RequireScope('agent')
@Controller('acp/tools')
export class GuideToolsController {
  @Get()
  @ApiOperation({ summary: 'The tools to register with a model, in the format of function calling' })
  @ApiAnswer(200, 'The tool definitions', toolsSchema, { tools })
  @GuideErrors(401, 403, 429, 500, 503)
  list(): { tools: ToolDefinition[] } {
    return { tools };
  }
}
