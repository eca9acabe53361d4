/** What every page of Next.js sends, whatever it shows. */
export default function Empty() {
  return <main />;
}
