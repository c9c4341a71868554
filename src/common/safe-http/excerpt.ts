const excerptLength = 1_000;
const bytesPerCharacter = 4;

/** What was answered, to be shown to people and kept as text: no character in it does anything. */
export const excerptOf = (bytes: Buffer): string =>
  new TextDecoder()
    .decode(bytes.subarray(0, excerptLength * bytesPerCharacter))
    .slice(0, excerptLength)
    .toWellFormed()
    .replace(/[\t\n\r]+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd');
