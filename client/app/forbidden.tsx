import { Trouble } from '../components/trouble.tsx';

export default function Forbidden() {
  return (
    <Trouble
      status={403}
      message="This belongs to somebody else. Is it yours? Then sign in as you."
    />
  );
}
