import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { newId } from '../../common/id.js';
import type { PageRequest } from '../../common/paging.js';
import { Database, type Tx } from '../../database/database.js';
import { newestFirst } from '../../database/newest-first.js';
import { Notifications } from '../../database/notifications.js';
import { SecretBox } from '../../settings/secret-box.js';
import { accessErrors } from '../access.errors.js';
import { insertAgent } from '../access.store.js';
import { Agent } from './agent.entity.js';
import { type AgentOptionsChanges, signingSecretContext, withChanges } from './agent-options.js';
import { accessChannel } from '../authentication.service.js';

export interface NewAgent {
  name: string;
  options?: AgentOptionsChanges;
}

/** The last writes of a transaction, of whoever asked for it. */
export type Finish<T> = (tx: Tx, result: T) => Promise<void>;

/** Who may call the shop, and how it treats each of them. Running servers follow within two seconds. */
@Injectable()
export class AgentsService {
  constructor(
    private readonly db: Database,
    private readonly audit: AuditService,
    private readonly secrets: SecretBox,
    private readonly notifications: Notifications,
  ) {}

  async page(page: PageRequest): Promise<Agent[]> {
    return newestFirst(this.db.repository(Agent), page);
  }

  async find(id: string): Promise<Agent> {
    const agent = await this.db.repository(Agent).findOneBy({ id });
    if (!agent) throw accessErrors.agentNotFound();
    return agent;
  }

  /** Makes an agent that has no key yet. */
  async create({ name, options = {} }: NewAgent, actor: string, finish: Finish<Agent>): Promise<void> {
    const id = newId('agt');
    const own = withChanges({}, options);
    await this.db.transaction(async (tx) => {
      await insertAgent(tx, { id, name, options: own, signingSecret: this.secret(id, options, null) });
      const agent = await tx.getRepository(Agent).findOneByOrFail({ id });
      await this.record(tx, actor, 'agent.created', agent, options);
      await finish(tx, agent);
    });
  }

  async update(id: string, { name, options = {} }: Partial<NewAgent>, actor: string): Promise<Agent> {
    return this.db.transaction(async (tx) => {
      const agents = tx.getRepository(Agent);
      const before = await agents.findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
      if (!before) throw accessErrors.agentNotFound();
      const changes = {
        name: name ?? before.name,
        options: withChanges(before.options, options),
        signingSecret: this.secret(id, options, before.signingSecret),
      };
      await agents.update(id, changes);
      const after = Object.assign(new Agent(), before, changes);
      await this.record(tx, actor, 'agent.updated', after, options, before);
      return after;
    });
  }

  /** The ciphertext to keep. */
  private secret(id: string, { requestSigning }: AgentOptionsChanges, kept: string | null): string | null {
    const secret = requestSigning == null ? requestSigning : requestSigning.secret;
    if (secret == null) return secret === null ? null : kept;
    return this.secrets.encrypt(secret, signingSecretContext(id));
  }

  private async record(
    tx: Tx,
    actor: string,
    action: string,
    agent: Agent,
    { requestSigning }: AgentOptionsChanges,
    before?: Agent,
  ): Promise<void> {
    await this.audit.append(tx, {
      actor,
      action,
      subject: agent.id,
      before: before && facts(before),
      after: { ...facts(agent), ...(requestSigning?.secret && { secretChanged: true }) },
    });
    await this.notifications.notify(tx, accessChannel);
  }
}

/** Nothing of the secret but whether there is one. */
function facts({ name, options: { requestSigning, ...options } }: Agent): object {
  if (!requestSigning) return { name, ...options };
  const { secretLast4, ...rules } = requestSigning;
  return { name, ...options, requestSigning: { ...rules, hasSecret: secretLast4 !== undefined } };
}
