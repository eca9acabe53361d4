/** An empty page, with the scripts that every page of Next.js loads. */
export default function Empty() {
  return <main />;
}
