import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../access/scopes.js';
import { type ToolDefinition, tools } from './guide-tools.js';
import { GuideErrors } from './guide.schemas.js';

@ApiTags('Guide: tools')
@ApiBearerAuth()
@RequireScope('agent')
@Controller('acp/tools')
export class GuideToolsController {
  @Get()
  @ApiOperation({ summary: 'The tools to register with a model, in the format of function calling' })
  @ApiResponse({ status: 200, description: 'The tool definitions', schema: { example: { tools } } })
  @GuideErrors(401, 403, 429, 500, 503)
  list(): { tools: ToolDefinition[] } {
    return { tools };
  }
}
