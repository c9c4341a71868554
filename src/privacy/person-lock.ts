import { HashedValue, hashingKey } from '../audit/hashed.js';
import type { Config } from '../config/config.js';
import type { Tx } from '../database/database.js';

/** Any number that nothing else on this database uses as the first part of an advisory lock. */
const personLock = 7_305;

/** Until the transaction ends nobody else copies this person or ends an erasure: no copy outlives the erasure. */
export const lockPerson = async (tx: Tx, email: string): Promise<void> => {
  await tx.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [personLock, email]);
};

/** How the audit log names a person: the same for the same e-mail, and nothing that leads back to it without the key. */
export const auditSubject = (email: string, { encryptionKeys }: Config): string =>
  `person_${new HashedValue(email).digest(hashingKey(encryptionKeys.current)).hmac_sha256}`;
