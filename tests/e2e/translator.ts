/** A translator as browsers have one: each text of a page, now and later, is put into an element of its own. */
import type { Person } from './site.ts';

/**
 * The text nodes of the page are replaced, as Google Translate does, and the words stay as they are. It begins once the
 * page runs, and whoever changes a text node that is no longer part of the page changes nothing that anybody sees.
 */
const TRANSLATOR = `(() => {
  const translate = (root) => {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) found.push(texts.currentNode);
    for (const text of found) {
      const parent = text.parentElement;
      if (!parent || text.data === '' || parent.closest('font, script, style, noscript, title')) continue;
      const [outer, inner] = [document.createElement('font'), document.createElement('font')];
      inner.append(text.data);
      outer.append(inner);
      text.replaceWith(outer);
    }
  };
  const isRunning = () => {
    // The last element of the page, so that React knows the others too.
    const last = document.querySelector('footer p:last-child');
    return last && Object.keys(last).some((key) => key.startsWith('__reactFiber'));
  };
  const begin = () => {
    if (!isRunning()) return requestIdleCallback(begin);
    new MutationObserver(() => translate(document.body)).observe(document.body, {
      childList: true,
      characterData: true,
      subtree: true,
    });
    translate(document.body);
    document.documentElement.classList.add('translated-ltr');
  };
  addEventListener('load', () => requestIdleCallback(begin));
})()`;

/** From now on every page is translated that this person opens. */
export const translates = ({ page }: Person) => page.addInitScript(TRANSLATOR);

/** Opens a page and waits until it is translated. */
export async function readsTranslated(person: Person, path: string) {
  await person.goto(path);
  await person.page.locator('html.translated-ltr').waitFor();
}
