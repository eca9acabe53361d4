import { describe, expect, it } from 'vitest';
import { ApiError, formErrors, unreachable } from './api-error.ts';

describe('what the API refuses', () => {
  it('is said beside its field, and once', () => {
    const error = new ApiError(400, 'invalid_request', 'title: empty', {
      errors: [
        { field: 'title', message: 'The title must not be empty.' },
        { field: 'title', message: 'The title is too short.' },
        { field: 'token', message: 'This is not a payment method token.' },
      ],
    });
    expect(formErrors(error, ['title', 'price'])).toEqual({
      byField: { title: 'The title must not be empty.' },
      general: 'This is not a payment method token.',
    });
  });

  it.each([
    [1, 'Too fast. Try again in a second.'],
    [90, 'Too fast. Try again in 90 seconds.'],
    [121, 'Too fast. Try again in 3 minutes.'],
  ])('says when to try again: in %i seconds', (retryAfterSeconds, text) => {
    const error = new ApiError(429, 'too_many_requests', 'Too fast.', { retryAfterSeconds });
    expect(formErrors(error, []).general).toBe(text);
  });

  it('is no different when the API is away', () => {
    const cause = new Error('ECONNREFUSED');
    const error = unreachable(cause);
    expect([error.status, error.cause]).toEqual([503, cause]);
    expect(error.message).not.toContain('ECONNREFUSED');
  });
});
