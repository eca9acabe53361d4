/** A time with its zone: "November 26, 2026 at 11:40 PM GMT+9". In the zone of this machine unless one is given. */
export const timeText = (at: string, locale: string, timeZone?: string): string =>
  new Intl.DateTimeFormat(locale, {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZoneName: 'short',
    timeZone,
  }).format(new Date(at));
