import localFont from 'next/font/local';

// Two typefaces by the same designer: one after Alternate Gothic for headings, one after Franklin Gothic for text.
// The files that every page needs are `optional`: a font that arrives late is not used, so no line moves.
const gothic = localFont({
  src: '../../node_modules/@fontsource-variable/league-gothic/files/league-gothic-latin-wdth-normal.woff2',
  variable: '--font-gothic',
  weight: '400',
  display: 'optional',
  adjustFontFallback: false,
  declarations: [{ prop: 'font-stretch', value: '75% 100%' }],
});
const gothicExtended = localFont({
  src: '../../node_modules/@fontsource-variable/league-gothic/files/league-gothic-latin-ext-wdth-normal.woff2',
  variable: '--font-gothic-ext',
  weight: '400',
  display: 'swap',
  preload: false,
  adjustFontFallback: false,
  declarations: [
    { prop: 'font-stretch', value: '75% 100%' },
    { prop: 'unicode-range', value: 'U+0100-02BA,U+1E00-1EFF,U+20A0-20CF' },
  ],
});
const franklin = localFont({
  src: '../../node_modules/@fontsource-variable/libre-franklin/files/libre-franklin-latin-wght-normal.woff2',
  variable: '--font-franklin',
  weight: '100 900',
  display: 'optional',
  adjustFontFallback: false,
});
const franklinExtended = localFont({
  src: '../../node_modules/@fontsource-variable/libre-franklin/files/libre-franklin-latin-ext-wght-normal.woff2',
  variable: '--font-franklin-ext',
  weight: '100 900',
  display: 'swap',
  preload: false,
  adjustFontFallback: false,
  declarations: [{ prop: 'unicode-range', value: 'U+0100-02BA,U+1E00-1EFF,U+20A0-20CF' }],
});

export const fontClasses = [gothic, gothicExtended, franklin, franklinExtended]
  .map(({ variable }) => variable)
  .join(' ');
