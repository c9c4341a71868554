/** Versions of the protocol that are spoken here, newest first, as errors list them (ACP §4.3). */
export const supportedVersions = ['2026-04-17'];
export const currentVersion = '2026-04-17';
