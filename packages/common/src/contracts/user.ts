import { z } from 'zod';
import { body, characters, idSchema } from './shared.ts';

export const userSchema = z.object({ id: idSchema, email: z.string() });
export type User = z.infer<typeof userSchema>;

/** A name of RFC 5321 and 6531: words with dots between them, or a quoted text. */
const NAME = String.raw`(?:(?:[\w!#$%&'*+\/=?^\x60{|}~.\-]|[^\x00-\x7f\p{C}\p{Z}])+|"(?:[ !#-\[\]-~]|\\[ -~])+")`;
/** Two labels or more in any script, the last one not a number. */
const DOMAIN = String.raw`(?:[\p{L}\p{N}][\p{L}\p{M}\p{N}\-]*\.)+(?!\d+$)[\p{L}\p{N}][\p{L}\p{M}\p{N}\-]+`;
const ADDRESS = new RegExp(`^(?!\\.)(?![^"]*\\.(?:\\.|@))${NAME}@${DOMAIN}$`, 'u');

const emailSchema = z
  .string('The e-mail address must be text.')
  .trim()
  .max(254, 'The e-mail address is too long.')
  .pipe(z.email({ pattern: ADDRESS, error: 'This is not an e-mail address.' }));

const newPasswordSchema = z
  .string('The password must be text.')
  .max(512, 'The password may have at most 128 characters.')
  .refine((password) => password.isWellFormed(), 'The password contains broken Unicode.')
  .refine((password) => characters(password) >= 8, 'The password must have at least 8 characters.')
  .refine(
    (password) => characters(password) <= 128,
    'The password may have at most 128 characters.',
  )
  .meta({ minLength: 8, maxLength: 128 });

const examples = [{ email: 'buyer@example.com', password: 'correct horse' }];
export const signUpSchema = body({ email: emailSchema, password: newPasswordSchema }).meta({
  examples,
});
/** Password rules are not checked here: a password that breaks them is wrong like any other. */
export const signInSchema = body({
  email: z.string('The e-mail address must be text.').max(254, 'The e-mail address is too long.'),
  password: z.string('The password must be text.').max(512, 'The password is too long.'),
}).meta({ examples });
export const signOutSchema = body({}).nullish();
export const currentUserSchema = z.object({ currentUser: userSchema.nullable() });
