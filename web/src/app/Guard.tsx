/** Lets in whom a page is for; sends the signed-out to sign in and back again. */
import type { ReactNode } from "react";
import { Navigate, useLocation } from "react-router";
import { useWords } from "../lib/i18n/words";
import { useSession } from "../lib/session/useSession";
import { Page } from "../ui/Page";
import { Loading } from "./Loading";
import type { Audience } from "./routes";
import { shellWords } from "./words";

export function Guard({ audience, children }: { audience: Audience; children: ReactNode }) {
  const say = useWords(shellWords);
  const location = useLocation();
  const { loading, user, isCreator, isOperator } = useSession();
  if (audience === "anyone") return children;
  if (loading) return <Loading />;
  if (!user) {
    const next = encodeURIComponent(location.pathname + location.search);
    return <Navigate to={`/signin?next=${next}`} replace />;
  }
  const refused =
    audience === "creator" && !isCreator
      ? "creatorOnly"
      : audience === "operator" && !isOperator
        ? "operatorOnly"
        : null;
  if (refused)
    return (
      <Page title={say(`${refused}.title`)} lead={say(`${refused}.lead`, { name: user.displayName })} narrow>
        {null}
      </Page>
    );
  return children;
}
