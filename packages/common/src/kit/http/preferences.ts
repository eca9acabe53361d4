const TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';
const WORD = `(?:${TOKEN}|${QUOTED})`;
/** A name, its value and parameters, or whatever else stands between two commas. */
const PREFERENCE = new RegExp(`(${TOKEN})(?:[ \\t]*=[ \\t]*(${WORD}))?|${QUOTED}|[^,"]|"`, 'y');

/**
 * The preferences of a `Prefer` header (RFC 7240) by their names in small letters; one without a value has ''. Of
 * several with one name the first counts. Parameters, and what is no preference, are ignored.
 */
export function preferencesIn(header = ''): Map<string, string> {
  const preferences = new Map<string, string>();
  for (let at = 0, begins = true; at < header.length; ) {
    PREFERENCE.lastIndex = at;
    const [text = ',', name, value = ''] = PREFERENCE.exec(header) ?? [];
    at += text.length;
    if (begins && name && !preferences.has(name.toLowerCase())) {
      preferences.set(name.toLowerCase(), unquoted(value));
    }
    if (text.trim()) begins = text === ',';
  }
  return preferences;
}

const unquoted = (word: string) =>
  word.startsWith('"') ? word.slice(1, -1).replaceAll(/\\(.)/g, '$1') : word;
