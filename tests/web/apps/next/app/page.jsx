import { Talk } from './talk-shop.jsx';

/** Made on the server for each visit; its address says where the gate is. */
export default async function Page({ searchParams }) {
  const { gate } = await searchParams;
  return <Talk gate={gate} />;
}
