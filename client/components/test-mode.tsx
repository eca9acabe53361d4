import { isTestMode } from '../lib/api.ts';

/** Says that no real money moves, where that is so. */
export async function TestMode({ children }: { children: string }) {
  return <p className="fine">{(await isTestMode()) ? children : ''}</p>;
}
