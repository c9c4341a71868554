import type { Config } from '../config/config.js';

/** Simulators run on this machine, whatever the world calls it. */
export function localAddress({ host, port }: Pick<Config, 'host' | 'port'>): string {
  const everywhere = ['0.0.0.0', '::', 'localhost'].includes(host);
  return `http://${everywhere ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${port}`;
}
