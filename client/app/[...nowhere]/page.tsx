import { ApiError } from '../../lib/api-error.ts';
import { page } from '../../lib/page.tsx';

/** Catches the paths that no other page serves. */
export default page(() => Promise.reject(new ApiError(404, 'not_found', 'There is nothing here.')));
