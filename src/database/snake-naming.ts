import { DefaultNamingStrategy } from 'typeorm';

/** `createdAt` is `created_at` in the database. Tables are named by hand. */
export class SnakeNamingStrategy extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string | undefined): string {
    return customName ?? propertyName.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  }
}
