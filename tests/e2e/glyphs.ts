import type { Person } from './site.ts';

/** No font has it. */
export const NO_GLYPH = '\u{10fffd}';

/** Runs in the browser: what is drawn as a character without a glyph is. */
const MISSING = `(() => {
  const context = Object.assign(document.createElement('canvas'), { width: 48, height: 48 })
    .getContext('2d', { willReadFrequently: true });
  const drawn = (font, sign) => {
    context.clearRect(0, 0, 48, 48);
    context.font = font;
    context.fillText(sign, 4, 36);
    return context.getImageData(0, 0, 48, 48).data.join();
  };
  const signs = new Map();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    if (parentElement.closest('script, style, noscript')) continue;
    const { fontWeight, fontFamily } = getComputedStyle(parentElement);
    const font = fontWeight + ' 32px ' + fontFamily;
    for (const { segment } of new Intl.Segmenter().segment(data)) {
      if (segment > '~') signs.set(font, (signs.get(font) ?? new Set()).add(segment));
    }
  }
  const missing = new Set();
  for (const [font, all] of signs) {
    const box = drawn(font, '${NO_GLYPH}');
    for (const sign of all) if (drawn(font, sign) === box) missing.add(sign);
  }
  return [...missing];
})()`;

/** The signs of the page that no font of this machine has, so that a box is shown. */
export const missingGlyphsOf = ({ page }: Person) => page.evaluate<string[]>(MISSING);
