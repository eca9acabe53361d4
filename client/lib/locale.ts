/** The visitor's locale for numbers and dates, from `Accept-Language`. English when none of these is supported. */
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
