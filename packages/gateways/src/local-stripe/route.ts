/** How a path of the API is declared. */
import type { z } from 'zod';
import type { Call, Route } from './call.ts';
import type { Answer } from './model.ts';
import { read } from './parameters.ts';

/** `path` has `:id` where ids are. */
export function route<T>(
  method: Route['method'],
  path: string,
  parameters: z.ZodType<T>,
  run: (call: Call, parameters: T, id: string) => Promise<Answer> | Answer,
): Route {
  return {
    method,
    path: new RegExp(`^${path.replace(':id', '([^/]+)')}$`),
    prepare(form, [id = '']) {
      const values = read(parameters, form);
      return async (call) => run(call, values, id);
    },
  };
}

export const byPages = (declared: Route): Route => ({ ...declared, byPages: true });
