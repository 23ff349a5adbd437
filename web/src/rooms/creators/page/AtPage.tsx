/** `/@mia` is `/creator/mia`; any other name at the root is nothing. */
import { useParams } from "react-router";
import { Missing } from "../../../app/Missing";
import { PageOf } from "./CreatorPage";

export default function AtPage() {
  const { handle = "" } = useParams();
  const username = handle.slice(1);
  if (!handle.startsWith("@") || !username) return <Missing />;
  return <PageOf key={username} username={username} />;
}
