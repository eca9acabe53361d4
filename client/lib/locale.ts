/** The language a visitor reads numbers and dates in, by `Accept-Language`. English when none is known. */
export function localeOf(acceptLanguage: string | undefined): string {
  const wanted = (acceptLanguage ?? '')
    .slice(0, 200)
    .split(',')
    .map((part) => part.split(';')[0]?.trim() ?? '');
  return wanted.find(isSupported) ?? 'en';
}

function isSupported(tag: string): boolean {
  try {
    return tag.length <= 20 && Intl.NumberFormat.supportedLocalesOf([tag]).length === 1;
  } catch {
    return false;
  }
}
