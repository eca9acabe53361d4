/** For tests: answers of Stripe's API as a script gives them, for what no server can be made to answer. */
export interface SentRequest {
  method: string;
  path: string;
  /** The parameters of the body, as they were sent. */
  body: Record<string, string>;
  /** The idempotency key. */
  key: string | undefined;
  headers: Record<string, string>;
}

interface ScriptedAnswer {
  status?: number;
  headers?: Record<string, string>;
  body: object;
}

/** An HTTP client for Stripe's SDK, and all that was sent with it. `answer` throws where there is none. */
export function scriptedStripe(answer: (request: SentRequest) => ScriptedAnswer) {
  const sent: SentRequest[] = [];
  const httpClient = {
    getClientName: () => 'script',
    async makeRequest(...args: [string, string, string, string, object, string, ...unknown[]]) {
      const [, , path, method, given, data] = args;
      const headers = given as Record<string, string>;
      const body = Object.fromEntries(new URLSearchParams(data));
      const request = { method, path, body, key: headers['Idempotency-Key'], headers };
      sent.push(request);
      const { status = 200, headers: answered = {}, body: json } = answer(request);
      return {
        getStatusCode: () => status,
        getHeaders: () => ({ 'request-id': 'req_1', ...answered }),
        getRawResponse: () => ({}),
        toStream: () => undefined,
        toJSON: async () => structuredClone(json),
      };
    },
  };
  return { httpClient, sent };
}

/** An error as Stripe answers it. */
export const refusal = (
  status: number,
  error: object,
  headers: Record<string, string> = {},
): ScriptedAnswer => ({ status, headers, body: { error } });
