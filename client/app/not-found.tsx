import { Trouble } from '../components/trouble.tsx';

export default function NotFound() {
  return (
    <Trouble
      status={404}
      message="There is no such page. The address may be mistyped, or what it led to is gone."
    />
  );
}
