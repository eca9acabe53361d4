/** Far more than any browser sends. */
const MAX_LANGUAGES = 20;

/**
 * The visitor's locale for numbers and dates: what `Accept-Language` (RFC 9110) weighs most, of equals the first.
 * English when nothing in it is both wanted and supported.
 */
export function localeOf(acceptLanguage = ''): string {
  const wanted = acceptLanguage
    .split(',', MAX_LANGUAGES)
    .map(languageOf)
    .filter(({ tag, weight }) => weight > 0 && isSupported(tag))
    .sort((one, other) => other.weight - one.weight);
  return wanted[0]?.tag ?? 'en';
}

/** A weight that cannot be read counts as none, which is 1. */
function languageOf(text: string) {
  const [tag = '', ...parameters] = text.split(';').map((part) => part.trim());
  const given = parameters.map((part) => /^q\s*=\s*(\d*\.?\d+)/i.exec(part)?.[1]).find(Boolean);
  return { tag, weight: Math.min(Number(given ?? 1), 1) };
}

function isSupported(tag: string): boolean {
  try {
    return tag.length <= 20 && Intl.NumberFormat.supportedLocalesOf([tag]).length === 1;
  } catch {
    return false;
  }
}
