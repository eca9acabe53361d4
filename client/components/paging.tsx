interface Props {
  path: string;
  query?: Record<string, string>;
  cursor: string | undefined;
  nextCursor: string | null;
}

/** Cursors lead only onwards, newest first, so pages have no numbers. */
export function Paging({ path, query = {}, cursor, nextCursor }: Props) {
  if (!cursor && nextCursor === null) return null;
  const href = (more: Record<string, string>) => {
    const text = new URLSearchParams({ ...query, ...more }).toString();
    return text ? `${path}?${text}` : path;
  };
  return (
    <nav aria-label="Pages" className="paging">
      {cursor && (
        <a className="button button-plain" href={href({})}>
          First page
        </a>
      )}
      {nextCursor !== null && (
        <a className="button button-plain" rel="next" href={href({ cursor: nextCursor })}>
          Next page
        </a>
      )}
    </nav>
  );
}
