/** As in `package.json`, which is not there in every installation; a test keeps the two equal. */
export const version = '0.1.0';
