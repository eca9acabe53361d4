import { ApiError } from '../../lib/api-error.ts';
import { page } from '../../lib/page.tsx';
import { currentVisit } from '../../lib/visit.ts';

const nothing = { status: 404, message: 'There is nothing here.' };

/** Catches the paths that no other page serves, and what is refused. */
export default page(async () => {
  const { status, message } = currentVisit().refusal ?? nothing;
  throw new ApiError(status, 'refused', message);
});
