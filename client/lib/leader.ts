/** Which tab of the browser leads. Browsers give locks to secure contexts alone: over plain HTTP the tabs tell each other. */

const NAME = 'fairseat-live';
/** A tab that leads answers sooner. */
const ANSWER_MS = 300;

/**
 * Calls `gain` when this tab leads from now on, and `lose` when another has taken over.
 * @returns a function that takes over, since the leader seems asleep.
 */
export const seekLead = (tab: string, gain: () => void, lose: () => void): (() => void) =>
  navigator.locks ? seekByLock(gain, lose) : seekByWord(tab, gain, lose);

/** The tab that holds the lock leads, for as long as it is open. */
function seekByLock(gain: () => void, lose: () => void) {
  const request = (steal: boolean) => {
    const held = navigator.locks.request(NAME, { steal }, () => {
      gain();
      return new Promise<void>(() => undefined);
    });
    // Another tab has stolen the lock. This one queues for it again.
    held.catch(() => {
      lose();
      request(false);
    });
  };
  request(false);
  return () => request(true);
}

type Word = { kind: 'who' } | { kind: 'lead' | 'leave'; term: number; tab: string };

/**
 * A tab leads when nobody answers it, or when the leader leaves. Several may do so at the same time: of two leaders the
 * one of the higher term stays, of the same term the one whose name is first.
 */
function seekByWord(tab: string, gain: () => void, lose: () => void) {
  const channel = new BroadcastChannel(`${NAME}-lead`);
  const say = (word: Word) => channel.postMessage(word);
  let leader = { term: 0, tab: '' };
  const leads = () => leader.tab === tab;

  const claim = () => {
    const led = leads();
    leader = { term: leader.term + 1, tab };
    say({ kind: 'lead', ...leader });
    if (!led) gain();
  };
  const unlessAnswered = setTimeout(claim, ANSWER_MS);

  channel.onmessage = ({ data: word }: MessageEvent<Word>) => {
    if (word.kind === 'who') {
      if (leads()) say({ kind: 'lead', ...leader });
    } else if (word.kind === 'leave') {
      if (word.tab === leader.tab) claim();
    } else if (word.term > leader.term || (word.term === leader.term && word.tab < leader.tab)) {
      clearTimeout(unlessAnswered);
      const led = leads();
      leader = { term: word.term, tab: word.tab };
      if (led) lose();
    }
  };
  addEventListener('pagehide', () => {
    if (leads()) say({ kind: 'leave', ...leader });
  });
  say({ kind: 'who' });
  return claim;
}
