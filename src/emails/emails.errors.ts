import { ApiError, apiErrors } from '../common/api-error.js';

export const emailErrors = {
  notFound: () => apiErrors.notFound('The e-mail'),
  off: () =>
    new ApiError({
      status: 409,
      code: 'email_off',
      message: 'No mail server is set (SMTP_URL), so nothing can be sent.',
    }),
};
