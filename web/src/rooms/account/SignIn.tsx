/** Sign in, or create an account; afterwards the person is where they wanted to go. */
import { useState } from "react";
import { Navigate, useSearchParams } from "react-router";
import { useWords } from "../../lib/i18n/words";
import { useSession } from "../../lib/session/useSession";
import { Page } from "../../ui/Page";
import { EnterForm } from "./EnterForm";
import { accountWords } from "./words";

/** Only a path of this site may be the next stop. */
export const safeNext = (next: string | null) => (next && /^\/(?![/\\])/.test(next) ? next : "/");

export default function SignIn() {
  const say = useWords(accountWords);
  const [search] = useSearchParams();
  const { user } = useSession();
  const [joining, setJoining] = useState(search.get("join") !== null);
  // Who is signed in, by this form or already, goes on.
  if (user) return <Navigate to={safeNext(search.get("next"))} replace />;
  const way = joining ? "up" : "in";
  return (
    <Page title={say(`${way}.title`)} lead={say(`${way}.lead`)} narrow>
      <EnterForm joining={joining} onOther={setJoining} />
    </Page>
  );
}
